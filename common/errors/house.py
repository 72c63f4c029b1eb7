"""The request is fine; who asks, what is there, or the house stands in the way."""

from __future__ import annotations

from common.errors.root import KilnError


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
    hint = (
        "Send the request from this house's own page or from a program, or let the operator name"
        " that site in KILN_CORS_ORIGINS."
    )


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


class NotFinished(KilnError):
    """The job has neither ended nor paused: what is asked for is not all there."""

    code = "job_not_finished"
    hint = "GET the job with `wait`, or take its files one by one as they come."


class Gone(KilnError):
    """The artifact existed and has expired."""

    code = "gone"
    hint = "Submit the photo again."


class Erased(Gone):
    """The job was deleted by its owner."""

    code = "erased"
    hint = "Submit the photo again for a new job."


class TooSlow(KilnError):
    """The client fell silent in the middle of its request."""

    code = "request_timeout"
    hint = "Send the whole request again; if it stays so, look at the network in between."


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
    pauses_ms = (2_000, 20_000)  # a disk that is mounted again takes a while


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
