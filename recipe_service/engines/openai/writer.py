"""A recipe written by a language model: one question, and one more to mend the answer."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.contracts.recipe import Recipe
from recipe_service.engines.openai.answer import WrongAnswer, read_answer, schema
from recipe_service.engines.openai.brief import Brief, messages, shortcomings
from recipe_service.engines.openai.dialect import Question
from recipe_service.engines.openai.draft import Draft
from recipe_service.engines.openai.unavailable import ModelUnavailable, Reason

if TYPE_CHECKING:  # its library is loaded only where there is a server
    from recipe_service.engines.openai.client import ModelServer

MAX_COMPLAINTS = 8
TEMPERATURE = 0.6  # recipes, not poems; the slots of a job differ by their direction
MAX_QUOTED = 6000  # characters of a wrong answer that are sent back

Check = Callable[[Recipe], Sequence[str]]

log = logging.getLogger(__name__)


def write_recipe(
    server: ModelServer,
    brief: Brief,
    check: Check,
    on_text: Callable[[str], None] = lambda _text: None,
    stop: Callable[[], None] = lambda: None,
) -> Recipe:
    """Have a language model write one recipe.

    Parameters
    ----------
    server : ModelServer
        With a ``text_model``. At most two questions are asked, each in its ``timeout_s``.
    brief : Brief
        What the recipe must be.
    check : callable
        Says in sentences what is wrong with a recipe; nothing when all is well.
    on_text : callable
        Gets the readable draft as it grows, at most four times a second. It is unchecked:
        show it as a draft. It starts anew when the recipe is written a second time.
    stop : callable
        Called about ten times a second; what it raises ends the call and is passed on.

    Returns
    -------
    Recipe
        Without ids, grams and nutrition: the names are the model's.

    Raises
    ------
    ModelUnavailable
        No recipe that holds, even when the model was told what is wrong. ``raw`` has its
        last words.
    """
    desk = _Desk(server, brief, check, on_text, stop)
    conversation = messages(brief)
    try:
        return desk.attempt(conversation)
    except _Faulty as first:
        log.info("recipe sent back: %d complaints", len(first.complaints))
        return desk.last_attempt([*conversation, *first.reply()])


class _Faulty(Exception):
    """An answer that the model may be able to mend."""

    def __init__(self, reason: Reason, complaints: Sequence[str], raw: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.complaints = list(complaints)[:MAX_COMPLAINTS]
        self.raw = raw

    def reply(self) -> list[dict[str, str]]:
        """Say what to mend, to follow the question."""
        complaints = "\n".join(f"- {complaint}" for complaint in self.complaints)
        mend = f"This cannot be used:\n{complaints}\nAnswer with the whole mended recipe as JSON."
        return [
            {"role": "assistant", "content": self.raw[:MAX_QUOTED]},
            {"role": "user", "content": mend},
        ]


_SENTENCES = {
    Reason.NOT_JSON: "the language model did not answer in JSON",
    Reason.CUT_OFF: "the language model did not come to an end",
    Reason.SCHEMA: "the answer of the language model was not a complete recipe",
    Reason.RULES: "the recipe of the language model broke the rules",
}


@dataclass(frozen=True)
class _Desk:
    """Where one recipe is written."""

    server: ModelServer
    brief: Brief
    check: Check
    on_text: Callable[[str], None]
    stop: Callable[[], None]

    def attempt(self, conversation: Sequence[dict[str, str]]) -> Recipe:
        settings = self.server.settings
        draft = Draft(self.on_text)
        question = Question(
            model=settings.text_model,
            messages=conversation,
            name="recipe",
            schema=schema(),
            max_tokens=settings.max_tokens,
            temperature=TEMPERATURE,
        )
        try:
            text = self.server.ask(question, draft.grown, self.stop)
            draft.show(text)
            recipe = read_answer(text, self.brief.language, f"openai:{settings.text_model}")
        except ModelUnavailable as failure:
            raise _mendable(failure) from failure
        except WrongAnswer as wrong:
            raise _Faulty(Reason.SCHEMA, wrong.complaints, text) from wrong
        problems = [*shortcomings(recipe, self.brief), *self.check(recipe)]
        if problems:
            raise _Faulty(Reason.RULES, problems, text)
        return recipe

    def last_attempt(self, conversation: Sequence[dict[str, str]]) -> Recipe:
        try:
            return self.attempt(conversation)
        except _Faulty as faulty:
            sentence = _SENTENCES[faulty.reason]
            log.warning("%s: %s", sentence, "; ".join(faulty.complaints)[:500])
            raise ModelUnavailable(faulty.reason, sentence).about(faulty.raw) from faulty


def _mendable(failure: ModelUnavailable) -> Exception:
    """Tell an answer that is only badly written from no answer."""
    if failure.reason is Reason.NOT_JSON:
        return _Faulty(failure.reason, ["it is not one JSON object"], failure.raw)
    if failure.reason is Reason.CUT_OFF and failure.raw:
        complaint = "it was too long and cut off: at most 6 short steps"
        return _Faulty(failure.reason, [complaint], failure.raw)
    return failure
