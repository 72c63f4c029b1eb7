"""Reading a request of a service's direct, synchronous call."""

from __future__ import annotations

import difflib
from typing import TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError

from common.errors import BadParameter, BadPhoto

Parameters = TypeVar("Parameters", bound=BaseModel)


def read_parameters(model: type[Parameters], request: Request) -> Parameters:
    """Read parameters from the query and the form fields; unknown ones are refused.

    Raises
    ------
    BadParameter
        Names the parameter and what is allowed.
    """
    fields = request.form.to_dict() if _is_multipart(request) else {}
    values = {**request.args.to_dict(), **fields}
    for name in values:
        if name not in model.model_fields:
            near = difflib.get_close_matches(name or "", model.model_fields, 1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise BadParameter(f"unknown parameter {name!r}{meant}")
    try:
        return model.model_validate(values)
    except ValidationError as exc:
        first = exc.errors()[0]
        raise BadParameter(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from exc


def read_photo(request: Request) -> bytes:
    """Read the photo: the multipart field ``photo`` (or ``file``), or the raw body."""
    if _is_multipart(request):
        upload = request.files.get("photo") or request.files.get("file")
        data = upload.read() if upload else b""
    else:
        data = request.get_data()
    if not data:
        raise BadPhoto("the request carries no photo", "Send it as the field `photo` or the body.")
    return data


def read_photos(request: Request, most: int) -> list[bytes]:
    """Read several photos: the multipart field ``photo`` (or ``file``), repeated."""
    if not _is_multipart(request):
        return [read_photo(request)]
    uploads = request.files.getlist("photo") + request.files.getlist("file")
    if not uploads:
        raise BadPhoto("the request carries no photo", "Send it as the field `photo` or the body.")
    if len(uploads) > most:
        raise BadParameter(f"{len(uploads)} photos were sent; at most {most} are taken")
    return [upload.read() for upload in uploads]


def _is_multipart(request: Request) -> bool:
    """Tell a form with files from a raw photo, which curl calls an url-encoded form."""
    return request.mimetype == "multipart/form-data"
