"""What a server understands of the chat API: found out by its refusals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

_FORMAT_WORDS = ("response_format", "json_schema", "json_object", "schema", "grammar", "guided")


@dataclass(frozen=True)
class Question:
    """One question to a model.

    Attributes
    ----------
    model : str
        Name of the model at the server.
    messages : sequence of dict
        Chat messages in the form of the API.
    name : str
        Name of the answer's schema.
    schema : dict
        JSON schema of the answer.
    max_tokens : int
        Longest answer.
    temperature : float
        0: the likeliest answer, for facts; more for ideas.
    """

    model: str
    messages: Sequence[dict[str, Any]]
    name: str
    schema: dict[str, Any]
    max_tokens: int
    temperature: float = 0.0


@dataclass(frozen=True)
class Dialect:
    """Parameters a server takes.

    ``json_schema`` is best. Older local servers know only ``json_object``, some neither;
    reasoning models of OpenAI want ``max_completion_tokens`` and no temperature.
    """

    form: Literal["json_schema", "json_object", "text"] = "json_schema"
    tokens: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    temperature: bool = True

    def parameters(self, question: Question) -> dict[str, Any]:
        """Keyword arguments of ``chat.completions.create``."""
        given: dict[str, Any] = {
            "model": question.model,
            "messages": list(question.messages),
            self.tokens: question.max_tokens,
        }
        if self.temperature:
            given["temperature"] = question.temperature
        if self.form == "json_object":
            given["response_format"] = {"type": "json_object"}
        elif self.form == "json_schema":
            schema = {"name": question.name, "schema": question.schema, "strict": True}
            given["response_format"] = {"type": "json_schema", "json_schema": schema}
        return given

    def simpler(self, complaint: str) -> Dialect | None:
        """Give up what the server complains about; None when there is nothing left to give up."""
        words = complaint.lower()
        if self.temperature and "temperature" in words:
            return replace(self, temperature=False)
        if self.tokens == "max_tokens" and "max_completion_tokens" in words:
            return replace(self, tokens="max_completion_tokens")
        if self.form == "text" or ("context length" in words and not _about_format(words)):
            return None
        # many servers do not say which parameter they mean, and this is the usual one
        return replace(self, form="json_object" if self.form == "json_schema" else "text")


def _about_format(words: str) -> bool:
    return any(word in words for word in _FORMAT_WORDS)
