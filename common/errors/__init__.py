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
    │   ├── NameDoesNotFit        name_does_not_fit    no room on the base, or no such letter
    │   ├── Unprintable           unprintable          a gate of the certificate failed
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
    ├── NotFinished               job_not_finished     what it makes is not all there
    ├── Gone                      gone                 the artifact has expired
    │   └── Erased                erased               somebody deleted the job
    ├── TooSlow                   request_timeout      the body stopped half-way
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

from common.errors.house import (
    Busy,
    Erased,
    Forbidden,
    ForeignSite,
    Gone,
    InternalError,
    LedgerUnavailable,
    NoRoom,
    NotAllowedNow,
    NotFinished,
    NotFound,
    NotPaused,
    QuotaExceeded,
    RangeNotSatisfiable,
    RateLimited,
    ServiceUnavailable,
    StageCrashed,
    StageHung,
    StorageError,
    TooManyJobs,
    TooSlow,
    Unauthorized,
)
from common.errors.input import (
    BadParameter,
    BadPhoto,
    BadWebhook,
    CorruptPhoto,
    EngineUnavailable,
    FaceCutOff,
    FaceTooSmall,
    IdempotencyConflict,
    InputError,
    LanguageUnavailable,
    NameDoesNotFit,
    NoFace,
    NoIngredients,
    NoRecipe,
    NoSuchSubject,
    PhotoTooLarge,
    TooManyPixels,
    Unprintable,
)
from common.errors.root import (
    KilnError,
    tree,
)

__all__ = [
    "BadParameter",
    "BadPhoto",
    "BadWebhook",
    "Busy",
    "CorruptPhoto",
    "EngineUnavailable",
    "Erased",
    "FaceCutOff",
    "FaceTooSmall",
    "Forbidden",
    "ForeignSite",
    "Gone",
    "IdempotencyConflict",
    "InputError",
    "InternalError",
    "KilnError",
    "LanguageUnavailable",
    "LedgerUnavailable",
    "NameDoesNotFit",
    "NoFace",
    "NoIngredients",
    "NoRecipe",
    "NoRoom",
    "NoSuchSubject",
    "NotAllowedNow",
    "NotFinished",
    "NotFound",
    "NotPaused",
    "PhotoTooLarge",
    "QuotaExceeded",
    "RangeNotSatisfiable",
    "RateLimited",
    "ServiceUnavailable",
    "StageCrashed",
    "StageHung",
    "StorageError",
    "TooManyJobs",
    "TooManyPixels",
    "TooSlow",
    "Unauthorized",
    "Unprintable",
    "tree",
]
