"""Every way a job or a request can go wrong, as one vocabulary.

::

    KilnError
    ├── InputError                the caller must send something else
    │   ├── BadParameter          bad_parameter
    │   ├── BadPhoto              bad_photo            not an image we read
    │   │   ├── CorruptPhoto      corrupt_photo        only decoding could tell
    │   │   ├── PhotoTooLarge     photo_too_large      bytes
    │   │   └── TooManyPixels     too_many_pixels
    │   ├── NoFace                no_face
    │   ├── FaceCutOff            face_cut_off
    │   ├── FaceTooSmall          face_too_small
    │   ├── NoSuchSubject         no_such_subject
    │   ├── EngineUnavailable     engine_unavailable
    │   ├── LanguageUnavailable   language_unavailable no language model speaks it here
    │   ├── NoIngredients         no_ingredients       nothing edible was seen or named
    │   ├── NoRecipe              no_recipe            nothing may be cooked from it
    │   ├── BadWebhook            bad_webhook          an address that is not called from here
    │   └── IdempotencyConflict   idempotency_conflict
    ├── Unauthorized              unauthorized         no key, or one that is not known here
    ├── Forbidden                 forbidden            the key may not do that
    │   └── ForeignSite           foreign_site         another site's page sent the request
    ├── NotFound                  not_found
    ├── NotAllowedNow             job_not_cancellable
    ├── NotPaused                 job_not_paused       there is nothing to resume
    ├── Gone                      gone                 the artifact has expired
    │   └── Erased                erased               somebody deleted the job
    ├── RangeNotSatisfiable       range_not_satisfiable
    ├── Busy                      busy                 admission refused, try again
    ├── RateLimited               rate_limited         this caller asks too often
    │   └── TooManyJobs           too_many_jobs        this caller has too many unfinished jobs
    ├── NoRoom                    no_room              the house cannot store more
    │   └── QuotaExceeded         quota_exceeded       this caller cannot store more
    ├── LedgerUnavailable         ledger_unavailable   Redis cannot be reached
    ├── ServiceUnavailable        service_unavailable  another service does not answer
    ├── StorageError              storage              artifact store failed (retryable)
    ├── StageCrashed              crash                a worker died, three times
    ├── StageHung                 hang                 a stage outlived its hard limit
    └── InternalError             internal             a bug: the log has the traceback

A permanent error is a value: the stage commits it and the job ends with its code.
A ``retryable`` one is tried again, up to the attempt cap. The HTTP status of each
lives in ``common/http.py``; nothing here knows about HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar


class KilnError(Exception):
    """Root of the tree: ``code`` is stable API, ``detail`` and ``hint`` are for people."""

    code: ClassVar[str] = "internal"
    hint: ClassVar[str] = ""
    retryable: ClassVar[bool] = False

    def __init__(
        self, detail: str, hint: str | None = None, *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.advice = type(self).hint if hint is None else hint
        self.retry_after_s = retry_after_s  # where it is known when it is worth trying again


def tree(root: type[KilnError]) -> Iterator[type[KilnError]]:
    """Walk an error class and everything below it."""
    yield root
    for child in root.__subclasses__():
        yield from tree(child)


class InputError(KilnError):
    """What the caller sent cannot be worked with."""

    code = "bad_request"
    hint = "Correct the request and send it again."


class BadParameter(InputError):
    """A parameter is unknown, malformed or out of range."""

    code = "bad_parameter"
    hint = "GET /v1/catalog lists what is accepted."


class BadPhoto(InputError):
    """The bytes are not a photo in a format that is read here."""

    code = "bad_photo"
    hint = "Send a JPEG, PNG, WebP, GIF or HEIC file."


class CorruptPhoto(BadPhoto):
    """The header is fine, the pixels are not."""

    code = "corrupt_photo"
    hint = "The file is damaged. Export it again and send the new file."


class PhotoTooLarge(BadPhoto):
    """More bytes than a photo may have."""

    code = "photo_too_large"
    hint = "Send a smaller file."


class TooManyPixels(BadPhoto):
    """More pixels than a photo may have."""

    code = "too_many_pixels"
    hint = "Scale the picture down and send it again."


class NoFace(InputError):
    """No human face was found in the photo."""

    code = "no_face"
    hint = "Send a photo in which one face is clearly visible from the front."


class FaceCutOff(InputError):
    """The face runs over the border of the photo."""

    code = "face_cut_off"
    hint = "Send a photo that shows the whole head, with a little room around it."


class FaceTooSmall(InputError):
    """The face has too few pixels to be measured."""

    code = "face_too_small"
    hint = "Move closer, or crop a sharper photo around the face."


class NoSuchSubject(InputError):
    """``subject`` names a face that is not in the photo."""

    code = "no_such_subject"
    hint = "Count the faces from the largest (0), or leave `subject` out."


class EngineUnavailable(InputError):
    """The engine asked for is not installed here."""

    code = "engine_unavailable"
    hint = "GET /v1/catalog lists the engines that are here."


class LanguageUnavailable(InputError):
    """The output language needs a language model, and none is configured."""

    code = "language_unavailable"
    hint = "Ask for `language=en`, or let the operator configure a language model."


class NoIngredients(InputError):
    """There is nothing to cook from."""

    code = "no_ingredients"
    hint = "Photograph the food from nearer, or name the ingredients."


class NoRecipe(InputError):
    """No recipe fits what is at hand and what was asked for."""

    code = "no_recipe"
    hint = "Name more ingredients, or ask for less: fewer diets and exclusions, more time."


class BadWebhook(InputError):
    """The address of a webhook is malformed, or not one that this house calls."""

    code = "bad_webhook"
    hint = "Give an https address that can be reached from the internet."


class IdempotencyConflict(InputError):
    """The Idempotency-Key was used before, for another request."""

    code = "idempotency_conflict"
    hint = "Use a new Idempotency-Key for a new request."


class Unauthorized(KilnError):
    """The house has a lock, and the request carries no key that fits."""

    code = "unauthorized"
    hint = "Send `Authorization: Bearer <key>` (KILN_API_KEY); `kiln keys create` makes keys."


class Forbidden(KilnError):
    """The key is known, but may not do that."""

    code = "forbidden"
    hint = "Ask the operator for a key with that scope."


class ForeignSite(Forbidden):
    """A page of another site made a browser send this; nobody at this house asked for it."""

    code = "foreign_site"
    hint = "Send the request from this house's own page, or from a program."


class NotFound(KilnError):
    """No such job, artifact or path (or it belongs to someone else)."""

    code = "not_found"
    hint = "Check the id."


class NotAllowedNow(KilnError):
    """The job has ended; terminal states never change."""

    code = "job_not_cancellable"
    hint = "The job has ended already; GET it to see how."


class NotPaused(KilnError):
    """Only a paused job can be resumed."""

    code = "job_not_paused"
    hint = "GET the job to see its state."


class Gone(KilnError):
    """The artifact existed and has expired."""

    code = "gone"
    hint = "Submit the photo again."


class Erased(Gone):
    """The job was deleted by its owner."""

    code = "erased"
    hint = "Submit the photo again for a new job."


class RangeNotSatisfiable(KilnError):
    """The Range header lies outside the file."""

    code = "range_not_satisfiable"
    hint = "Ask for a range inside the file; its size is in Content-Range."


class Busy(KilnError):
    """The house is full: nothing was accepted, nothing was lost."""

    code = "busy"
    hint = "Wait for Retry-After seconds and send the same request again."
    retryable = True


class RateLimited(KilnError):
    """The caller asks more often than allowed; others are not affected."""

    code = "rate_limited"
    hint = "Wait for Retry-After seconds and send the same request again."
    retryable = True


class TooManyJobs(RateLimited):
    """The caller has as many unfinished jobs as allowed."""

    code = "too_many_jobs"
    hint = "Wait until one of your jobs has ended, or cancel one."


class NoRoom(KilnError):
    """The store is full, or near enough; what was accepted before is safe."""

    code = "no_room"
    hint = "The operator should make room; you can also delete jobs of yours."


class QuotaExceeded(NoRoom):
    """The files of the caller take as much room as allowed."""

    code = "quota_exceeded"
    hint = "Delete jobs that you no longer need, or wait until their files expire."


class LedgerUnavailable(KilnError):
    """Redis cannot be reached; no promise can be made or looked up."""

    code = "ledger_unavailable"
    hint = "Wait for Retry-After seconds and try again."
    retryable = True


class ServiceUnavailable(KilnError):
    """A service that this call needs does not answer."""

    code = "service_unavailable"
    hint = "Wait for Retry-After seconds and try again."
    retryable = True


class StorageError(KilnError):
    """The artifact store failed to read or write."""

    code = "storage"
    hint = "The operator should check the artifact store; the job can be sent again."
    retryable = True


class StageCrashed(KilnError):
    """A worker process died on this stage as often as is allowed."""

    code = "crash"
    retryable = True
    hint = "This photo stops a worker each time. Please report it with the job id."


class StageHung(KilnError):
    """A stage outlived its hard limit as often as is allowed."""

    code = "hang"
    retryable = True
    hint = "This photo takes too long each time. Please report it with the job id."


class InternalError(KilnError):
    """A bug of ours."""

    code = "internal"
    hint = "This is a fault of the server. Please report it with the job id."
