"""One attempt at one answer: a stream of text in, every failure as `ModelUnavailable`."""

from __future__ import annotations

import contextlib
import email.utils
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Any, Final

import openai
from openai.types.chat import ChatCompletion

from recipe_service.engines.openai.unavailable import ModelUnavailable, Reason

CHARS_PER_TOKEN: Final = 12  # generous: beyond it a server does not keep to ``max_tokens``
MAX_BODY: Final = 1_000_000  # bytes of an answer that comes in one piece
_PASSING: Final = {408, 409, 425, 429}


class ParameterRefused(Exception):
    """The server does not take the question in this form."""

    def __init__(self, complaint: str, failure: ModelUnavailable) -> None:
        super().__init__(complaint)
        self.complaint = complaint
        self.failure = failure


async def fetch_answer(
    client: openai.AsyncOpenAI, parameters: dict[str, Any], grown: Callable[[str], None]
) -> str:
    """Ask once and collect the answer.

    Parameters
    ----------
    client : openai.AsyncOpenAI
        Without retries of its own.
    parameters : dict
        Keyword arguments of ``chat.completions.create``.
    grown : callable
        Gets the text so far after every piece.

    Raises
    ------
    ModelUnavailable
        Nothing, half an answer, or a refusal.
    ParameterRefused
        400 or 422: another form of the question may be understood.
    """
    with _starting():
        stream = await client.chat.completions.create(**parameters, stream=True)
    kind = stream.response.headers.get("content-type", "").lower()
    async with stream:
        if "html" in kind:  # the login page of a proxy, say
            raise ModelUnavailable(Reason.EMPTY, "the model server answered with a web page")
        pieces = _whole(stream) if "json" in kind else _streamed(stream)
        limit = CHARS_PER_TOKEN * _token_limit(parameters)
        return await _collect(pieces, limit, grown)


def _token_limit(parameters: Mapping[str, Any]) -> int:
    return int(parameters.get("max_tokens") or parameters["max_completion_tokens"])


async def _collect(
    pieces: AsyncIterator[dict[str, Any]], limit: int, grown: Callable[[str], None]
) -> str:
    text, refusal, finish = "", "", None
    async for piece in _translated(pieces):
        text += piece["content"]
        refusal += piece["refusal"]
        finish = piece["finish"] or finish
        if len(text) > limit:
            sentence = "the language model did not come to an end"
            raise ModelUnavailable(Reason.CUT_OFF, sentence).about(text)
        if piece["content"]:
            grown(text)
    if refusal or finish == "content_filter":
        sentence = "the language model refused to answer"
        raise ModelUnavailable(Reason.REFUSED, sentence).about(refusal or text)
    if finish == "length":
        sentence = "the answer of the language model was too long and cut off"
        raise ModelUnavailable(Reason.CUT_OFF, sentence).about(text)
    if not text.strip():
        raise ModelUnavailable(Reason.EMPTY, "the language model said nothing", passing=True)
    if finish is None:
        raise _broken_off()
    return text


async def _translated(pieces: AsyncIterator[dict[str, Any]]) -> AsyncIterator[dict[str, Any]]:
    with _streaming():  # not around the reader of the pieces: its errors are its own
        async for piece in pieces:
            yield piece


async def _streamed(stream: openai.AsyncStream[Any]) -> AsyncIterator[dict[str, Any]]:
    async for chunk in stream:
        for choice in (getattr(chunk, "choices", None) or [])[
            :1
        ]:  # the last chunk may have none, only the usage
            yield _piece(choice.delta, choice.finish_reason)


async def _whole(stream: openai.AsyncStream[Any]) -> AsyncIterator[dict[str, Any]]:
    """Read an answer of a server that does not stream although it was asked to."""
    body = b""
    async for part in stream.response.aiter_bytes():
        body += part
        if len(body) > MAX_BODY:
            raise ModelUnavailable(Reason.CUT_OFF, "the answer of the model server is too large")
    for choice in ChatCompletion.model_validate_json(body).choices[:1]:
        yield _piece(choice.message, choice.finish_reason)


def _piece(part: Any, finish: str | None) -> dict[str, Any]:  # noqa: ANN401  two types of the library
    content, refusal = getattr(part, "content", ""), getattr(part, "refusal", "")
    return {"content": content or "", "refusal": refusal or "", "finish": finish}


@contextlib.contextmanager
def _starting() -> Iterator[None]:
    """Translate what goes wrong before the first byte of an answer."""
    try:
        yield
    except openai.APITimeoutError as error:
        raise _too_slow() from error
    except openai.APIConnectionError as error:
        raise ModelUnavailable(
            Reason.CONNECT, "the model server cannot be reached", passing=True
        ) from error
    except openai.APIStatusError as error:
        failure = _status(error)
        if error.status_code in {400, 422}:
            raise ParameterRefused(error.message, failure) from error
        raise failure from error


@contextlib.contextmanager
def _streaming() -> Iterator[None]:
    """Translate what goes wrong in the middle of an answer."""
    try:
        yield
    except openai.APITimeoutError as error:
        raise _too_slow() from error
    except openai.APIConnectionError as error:
        raise _broken_off() from error
    except openai.APIError as error:
        raise ModelUnavailable(
            Reason.STATUS, "the model server failed in the middle of its answer", passing=True
        ) from error
    except (ValueError, TypeError, AttributeError) as error:
        # the library builds its objects without validation: a liar's nonsense surfaces here
        raise ModelUnavailable(
            Reason.EMPTY, "the model server does not speak the chat API"
        ) from error


def _status(error: openai.APIStatusError) -> ModelUnavailable:
    status = error.status_code
    spent = getattr(error, "code", None) == "insufficient_quota"  # a 429 that no waiting mends
    return ModelUnavailable(
        Reason.STATUS,
        f"the model server answered with an error ({status})",
        status=status,
        wait_s=_retry_after(error.response.headers),
        passing=(status >= 500 or status in _PASSING) and not spent,
    )


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the server asks for: a number or a date (RFC 9110, 10.2.3)."""
    text = headers.get("retry-after", "").strip()
    with contextlib.suppress(ValueError):
        return max(0.0, float(text))
    with contextlib.suppress(ValueError, TypeError):
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    return None


def _too_slow() -> ModelUnavailable:
    return ModelUnavailable(Reason.TIMEOUT, "the language model took too long")


def _broken_off() -> ModelUnavailable:
    return ModelUnavailable(
        Reason.CUT_OFF, "the model server broke off in the middle of its answer", passing=True
    )
