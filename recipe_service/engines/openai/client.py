"""A model server as the engines see it: a question in, text out, in bounded time."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import openai

from recipe_service.engines.openai.breaker import Breaker, State
from recipe_service.engines.openai.dialect import Dialect, Question
from recipe_service.engines.openai.exchange import ParameterRefused, fetch_answer
from recipe_service.engines.openai.unavailable import ModelUnavailable, Reason

CONNECT_S: Final = 5.0  # a server that is there accepts at once, even when it is busy
TICK_S: Final = 0.1  # how soon a cancelled job is noticed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ModelSettings:
    """Where the models are, and what one call may cost.

    Attributes
    ----------
    base_url : str
        Up to and with ``/v1``.
    api_key : str
        Empty for servers that want none. Never printed.
    vision_model, text_model : str
        Names at the server; empty: no such model.
    timeout_s : float
        Time for one question with everything: waiting for a place, retries, the whole answer.
    max_tokens : int
        Longest answer.
    concurrency : int
        Questions at once, per process.
    retries : int
        Further attempts after failures that may pass: connection, 429, 5xx.
    backoff_s : float
        About so long before the first of them, twice as long before each next; the server's
        own ``Retry-After`` wins.
    """

    base_url: str
    api_key: str = field(default="", repr=False)
    vision_model: str = ""
    text_model: str = ""
    timeout_s: float = 60.0
    max_tokens: int = 2000
    concurrency: int = 4
    retries: int = 2
    backoff_s: float = 0.5


def _ignore(_text: str) -> None:
    """Nobody watches the text grow."""


def _go_on() -> None:
    """Nobody wants to stop it."""


class ModelServer:
    """Questions to an OpenAI-compatible server; make one per process and share it by threads.

    Each call runs a loop of its own in the calling thread, so that a hanging server or a
    connection that only sends keep-alives can be left at any moment, and the connection is
    closed then (the server stops writing for nobody).
    """

    def __init__(self, settings: ModelSettings, breaker: Breaker | None = None) -> None:
        self.settings = settings
        self._breaker = breaker or Breaker()
        self._places = threading.BoundedSemaphore(settings.concurrency)
        self._dialect = Dialect()

    @property
    def state(self) -> State:
        """State of the circuit breaker."""
        return self._breaker.state

    def ask(
        self,
        question: Question,
        on_text: Callable[[str], None] = _ignore,
        stop: Callable[[], None] = _go_on,
    ) -> str:
        """Get the model's answer as text.

        Parameters
        ----------
        question : Question
            What to ask, and the schema of the answer.
        on_text : callable
            Gets the whole text so far, after every piece; it starts anew with a retry.
        stop : callable
            Called about ten times a second; what it raises ends the call and is passed on.

        Raises
        ------
        ModelUnavailable
            No answer in time, or none at all.
        """
        deadline = time.monotonic() + self.settings.timeout_s
        with self._place(deadline, stop):
            work = self._persist(question, on_text, deadline)
            return asyncio.run(_watched(work, stop))

    @contextmanager
    def _place(self, deadline: float, stop: Callable[[], None]) -> Iterator[None]:
        while not self._places.acquire(timeout=TICK_S):
            stop()
            if time.monotonic() > deadline:
                raise ModelUnavailable(Reason.TIMEOUT, "the language model was busy all the time")
        try:
            yield
        finally:
            self._places.release()

    async def _persist(
        self, question: Question, on_text: Callable[[str], None], deadline: float
    ) -> str:
        """Try again where that may help and the time allows it."""
        async with self._connection() as client:
            for attempt in range(self.settings.retries + 1):
                try:
                    with self._breaker.attempt():
                        return await self._in_time(client, question, on_text, deadline)
                except ModelUnavailable as failure:
                    log.warning("no answer (attempt %d): %s", attempt + 1, failure)
                    pause = self._pause(attempt) if failure.wait_s is None else failure.wait_s
                    late = time.monotonic() + pause > deadline
                    if late or not failure.passing or attempt == self.settings.retries:
                        raise
                    await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    async def _in_time(
        self,
        client: openai.AsyncOpenAI,
        question: Question,
        on_text: Callable[[str], None],
        deadline: float,
    ) -> str:
        left = max(0.0, deadline - time.monotonic())
        try:
            async with asyncio.timeout(left) as limit:
                return await self._understood(client, question, on_text)
        except TimeoutError:
            if not limit.expired():
                raise
            sentence = f"the language model took longer than {self.settings.timeout_s:g} s"
            raise ModelUnavailable(Reason.TIMEOUT, sentence) from None

    async def _understood(
        self, client: openai.AsyncOpenAI, question: Question, on_text: Callable[[str], None]
    ) -> str:
        """Ask in ever simpler forms until the server understands; keep the one it understood."""
        dialect: Dialect | None = self._dialect
        while dialect is not None:
            try:
                text = await fetch_answer(client, dialect.parameters(question), on_text)
            except ParameterRefused as refused:
                failure = refused.failure
                dialect = dialect.simpler(refused.complaint)
            else:
                self._dialect = dialect
                return text
        raise failure

    def _pause(self, attempt: int) -> float:
        """Seconds before the next attempt, jittered lest all callers come at once."""
        return self.settings.backoff_s * 2.0**attempt * random.uniform(0.75, 1.25)

    def _connection(self) -> openai.AsyncOpenAI:
        settings = self.settings
        client = openai.AsyncOpenAI(
            base_url=settings.base_url,
            api_key=settings.api_key or "none",
            timeout=openai.Timeout(settings.timeout_s, connect=CONNECT_S),
            max_retries=0,
        )
        # the library takes these from variables that were meant for another server
        client.organization = client.project = None
        return client


async def _watched(work: Coroutine[object, object, str], stop: Callable[[], None]) -> str:
    """Run the work and ask in between whether it is still wanted."""
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=TICK_S)
            if not task.done():
                stop()
    finally:
        task.cancel()
        await asyncio.wait({task})
    return task.result()
