"""The use case of a pause: check the answer → resume in the ledger → publish."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any, Final

from common.contracts.plans import slot_of
from common.contracts.stages import BY_NAME
from common.errors import BadParameter, NoIngredients, NotFound, NotPaused
from common.ledger.records import Approval, JobRecord, NodeRecord, Resumed
from common.settings import Settings
from gateway import promises
from gateway.domain.figurines import FigurineParams, PortraitParams
from gateway.domain.hook_params import HOOK_NAMES
from gateway.domain.params import check_params, names_of
from gateway.domain.recipes import RecipeParams
from gateway.domain.wish_params import WishParams
from gateway.here import check_here
from gateway.house import House

PARAMS: Final[dict[str, type[WishParams]]] = {
    model.product: model for model in (FigurineParams, PortraitParams, RecipeParams)
}

log = logging.getLogger(__name__)


def resume(house: House, record: JobRecord, changes: dict[str, Any]) -> None:
    """Let a paused job go on. A stage runs anew only if a parameter that it reads has changed.

    Parameters
    ----------
    house
        The gateway's.
    record
        The job, of the caller.
    changes
        Parameters by name; for a recipe, ``ingredients`` is the whole list as corrected.

    Raises
    ------
    BadParameter
        A parameter is unknown, malformed or fixed since the job was accepted.
    NoIngredients
        The corrected list is empty.
    EngineUnavailable, LanguageUnavailable, NameDoesNotFit
        What is changed cannot be made, or not here.
    NotPaused
        The job runs or has ended.
    LedgerUnavailable, StorageError
        What is wanted now could not be promised.
    """
    params = _changed(record, changes, house.settings)
    again = {node.id for node in record.nodes if _differs(node, record.params, params)}
    approval = Approval(
        params=params,
        again=frozenset(record.plan.closure(again)),
        hold=changes.get("pause_after", "none") != "none",
    )
    resumed = _approve(house, record, approval)
    if resumed.status == "unknown":
        raise NotFound(f"there is no job {record.id}")
    if resumed.status == "not_paused":
        now = house.ledger.job(record.id) or record  # somebody else may have been faster
        raise NotPaused(f"job {record.id} is {now.state}")
    try:
        house.publish_again(resumed.ready)
    except Exception:
        log.exception("job %s was resumed but not published", record.id)  # the reconciler will


def _approve(house: House, record: JobRecord, approval: Approval) -> Resumed:
    """Promise what is wanted now, then say so to the ledger, then drop what is not true any more.

    Two who answer at the same time write two promises; the one that came too late drops its own.
    """
    promised = promises.rewrite(house.ledger, house.store, record, approval)
    resumed = house.ledger.resume(record.id, record.owner, replace(approval, promise=promised))
    if resumed.status == "resumed":
        outdated = record.promise if promised else ""
    else:
        now = house.ledger.job(record.id)  # who says the same in the same moment has the same file
        outdated = "" if now and now.promise == promised else promised
    promises.forget(house.store, outdated)
    return resumed


def _changed(record: JobRecord, changes: dict[str, Any], settings: Settings) -> dict[str, Any]:
    model, before = PARAMS[record.product], record.params
    old = {name: value for name, value in before.items() if name in names_of(model)}
    checked = check_params(model, old | changes)
    check_here(checked, settings)
    new = checked.of_job
    for name in sorted(model.fixed):
        if new.get(name) != old.get(name) or name in HOOK_NAMES & changes.keys():
            raise BadParameter(f"{name} is fixed since the job was accepted")
    return new | _list_of(new, before, changes) if record.product == "recipe" else new


def _list_of(
    new: dict[str, Any], before: dict[str, Any], changes: dict[str, Any]
) -> dict[str, Any]:
    """Tell the list as corrected from the one that was sent: what was recognised stays."""
    edited = new["ingredients"] if "ingredients" in changes else before.get("edited")
    if edited == []:
        raise NoIngredients("the corrected list is empty", "Name at least one ingredient.")
    return {"ingredients": before["ingredients"]} | ({"edited": edited} if edited else {})


def _differs(node: NodeRecord, before: dict[str, Any], after: dict[str, Any]) -> bool:
    if node.state not in {"done", "skipped"}:
        return False
    read = BY_NAME[node.stage].request.model_validate
    return read(before | slot_of(node.id)) != read(after | slot_of(node.id))
