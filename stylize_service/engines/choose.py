"""Which engine draws a portrait: the one that was asked for, or the best that is here."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from common import metrics
from common.contracts.figurine import Engine
from common.errors import EngineUnavailable, ServiceUnavailable
from common.models import draws
from stylize_service.engines.sitting import Sheet, find_sitter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from common.contracts.figurine import PortraitRequest
    from common.models import Model
    from common.vision.network import RGB
    from stylize_service.domain.portrait import Sitter
    from stylize_service.engines.builtin import BuiltinEngine
    from stylize_service.engines.sitting import PortraitEngine

log = logging.getLogger(__name__)


@dataclass
class Option:
    """An engine that may be here, loaded once, by whoever needs it first.

    Attributes
    ----------
    models : tuple of Model
        The listed models that it draws with.
    missing : str or None
        What is known to be missing without loading anything.
    load : callable
        Makes the engine.
    """

    name: Engine
    models: tuple[Model, ...]
    missing: str | None
    load: Callable[[], PortraitEngine]
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _engine: PortraitEngine | None = None
    _error: EngineUnavailable | None = None

    def engine(self) -> PortraitEngine:
        """Load it, unless that was tried before.

        Raises
        ------
        EngineUnavailable
            Says what is missing, and how to get it.
        """
        if self.missing is not None:
            raise EngineUnavailable(self.missing)
        with self._lock:
            if self._error is not None:
                raise self._error
            if self._engine is None:
                self._engine = self._loaded()
            return self._engine

    def can_draw(self, style: str) -> bool:
        """Tell whether it seems to be here, with a model for a style."""
        return self.missing is None and any(draws(one, style) for one in self.models)

    @property
    def why_not(self) -> str | None:
        """Why it is not available, as far as is known by now; None where it is."""
        if self._error is not None:
            return self._error.detail
        return self.missing

    def _loaded(self) -> PortraitEngine:
        started = time.perf_counter()
        try:
            engine = self.load()
        except EngineUnavailable as exc:
            self._error = exc
            log.error("engine %s cannot draw: %s %s", self.name, exc.detail, exc.advice)  # noqa: TRY400
            raise
        seconds = time.perf_counter() - started
        metrics.ENGINE_LOAD_SECONDS.labels(self.name).set(seconds)
        log.info("engine %s loaded in %.1f s", self.name, seconds)
        return engine


@dataclass(frozen=True)
class Drawing:
    """A portrait, who sat for it and who drew it.

    Attributes
    ----------
    picture : (S, S, 3) or (S, S, 4) uint8
        RGB; with alpha where a transparent background was asked for.
    stands_in : bool
        The engine drew for a better one that failed just now.
    """

    picture: RGB
    sitter: Sitter
    engine: str
    stands_in: bool = False


@dataclass(frozen=True)
class Engines:
    """The engines of one process. May be shared by threads."""

    builtin: BuiltinEngine
    options: Mapping[Engine, Option]

    def draw(
        self, image: RGB, wanted: PortraitRequest, stop: Callable[[], None] = lambda: None
    ) -> Drawing:
        """Draw the person in a photo.

        Parameters
        ----------
        image : (H, W, 3) uint8
            RGB, as ``decode_photo`` gives it.
        stop : callable
            Called now and then; raises to give up.

        Raises
        ------
        EngineUnavailable
            The engine that was asked for by name is not here; never for ``auto``.
        NoFace, NoSuchSubject, FaceTooSmall, FaceCutOff
            The photo does not show such a face well enough.
        """
        sitter = find_sitter(self.builtin.faces, image, wanted.subject)
        sheet = Sheet(wanted.style, wanted.size_px, wanted.seed, wanted.background)

        def drawn_by(engine: PortraitEngine, *, stands_in: bool = False) -> Drawing:
            return Drawing(engine.draw(sitter, sheet, stop), sitter, engine.name, stands_in)

        if wanted.engine in self.options:
            return drawn_by(self.options[wanted.engine].engine())
        best = self.options.get(Engine.NEURAL)
        if wanted.engine is Engine.BUILTIN or best is None or not best.can_draw(wanted.style):
            return drawn_by(self.builtin)
        try:
            return drawn_by(best.engine())
        except (EngineUnavailable, ServiceUnavailable) as exc:
            log.warning("the built-in engine draws instead: %s", exc.detail)
            return drawn_by(self.builtin, stands_in=True)

    def load_all(self) -> None:
        """Load every engine that seems to be here, before the first person waits for it."""
        for option in self.options.values():
            if option.missing is None:
                try:
                    option.engine()
                except EngineUnavailable:
                    continue  # it was told to the log; the others go on

    def catalogue(self) -> Iterator[dict[str, Any]]:
        """List the engines, whether they can draw here, with what, and why not."""
        yield {"name": self.builtin.name, "available": True}
        for option in self.options.values():
            row: dict[str, Any] = {"name": str(option.name), "available": option.why_not is None}
            if option.why_not:
                row["why"] = option.why_not
            else:
                row["models"] = [
                    {"name": one.name, "style": one.style, "licence": one.licence}
                    for one in option.models
                ]
            yield row
