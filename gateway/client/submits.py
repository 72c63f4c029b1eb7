"""Ask for something: a figurine, a portrait, recipes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Unpack

from gateway.client.form import form_fields, form_file
from gateway.client.link import Link
from gateway.client.shapes import Job, JobRef, as_job, id_of
from gateway.client.wishes import FigurineWishes, PortraitWishes, RecipeWishes

Photo = str | Path | bytes


class Submits:
    """Calls that make jobs. Each is safe to repeat with the same ``idempotency_key``."""

    link: Link

    def submit_figurine(
        self,
        photo: Photo | None = None,
        *,
        photo_of: JobRef | None = None,
        idempotency_key: str | None = None,
        **wishes: Unpack[FigurineWishes],
    ) -> Job:
        """Send a photo, or name an earlier job for its photo, and return the accepted job.

        Raises
        ------
        ApiError
            The photo or a parameter was refused.
        Unreachable
            The gateway did not answer, however often it was asked.
        """
        return self._of_photo("/v1/figurines", photo, photo_of, wishes, idempotency_key)

    def submit_portrait(
        self,
        photo: Photo | None = None,
        *,
        photo_of: JobRef | None = None,
        idempotency_key: str | None = None,
        **wishes: Unpack[PortraitWishes],
    ) -> Job:
        """Send a photo for the cartoon alone, as ``submit_figurine`` does for all of it."""
        return self._of_photo("/v1/portraits", photo, photo_of, wishes, idempotency_key)

    def submit_recipe(
        self,
        photos: Iterable[Photo] = (),
        ingredients: Iterable[str] = (),
        *,
        idempotency_key: str | None = None,
        **wishes: Unpack[RecipeWishes],
    ) -> Job:
        """Send photos of food, a list of ingredients, or both, and return the accepted job.

        With ``pause_after="ingredients"`` the job pauses once it has recognised them: look at
        the list, then ``resume``.

        Raises
        ------
        ApiError
            A photo or a parameter was refused.
        Unreachable
            The gateway did not answer, however often it was asked.
        """
        several = [photos] if isinstance(photos, str | Path | bytes) else photos
        lines = [ingredients] if isinstance(ingredients, str) else list(ingredients)
        wanted = {**wishes, "ingredients": lines or None}
        return self._submit("/v1/recipes", several, wanted, idempotency_key)

    def _of_photo(
        self,
        path: str,
        photo: Photo | None,
        photo_of: JobRef | None,
        wishes: Mapping[str, Any],
        key: str | None,
    ) -> Job:
        wanted = {"from": None if photo_of is None else id_of(photo_of), **wishes}
        return self._submit(path, [] if photo is None else [photo], wanted, key)

    def _submit(
        self, path: str, photos: Iterable[Photo], wishes: Mapping[str, Any], key: str | None
    ) -> Job:
        headers = {"Idempotency-Key": key or uuid.uuid4().hex}
        files = [("photo", form_file(photo)) for photo in photos]
        said = {name: value for name, value in wishes.items() if value is not None}
        sent: dict[str, Any] = (
            {"files": files, "data": form_fields(said)} if files else {"json": said}
        )
        return as_job(self.link.send("POST", path, headers=headers, **sent))
