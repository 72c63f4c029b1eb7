"""The caller must send something else."""

from __future__ import annotations

from common.errors.root import KilnError


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


class NameDoesNotFit(InputError):
    """The name has no room on the base, or a character that cannot be printed."""

    code = "name_does_not_fit"
    hint = "Shorten the name, print the figurine taller, or leave `name` out."


class Unprintable(InputError):
    """The figurine failed a gate of its print certificate."""

    code = "unprintable"
    hint = "Follow the fix, or send `accept=unprintable` to get the files as they are."


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
