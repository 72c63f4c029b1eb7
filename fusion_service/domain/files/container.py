"""The container of a 3MF: a zip archive with parts and relationships, without dates.

Specification: ECMA-376-2, Open Packaging Conventions, as 3MF Core 1.3 uses them.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from typing import IO

from isal import isal_zlib

MODEL = "3D/3dmodel.model"
TEXTURES = "3D/Textures/"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
KINDS = "http://schemas.microsoft.com/3dmanufacturing/2013/01/"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
CONTENT_TYPES = (
    f'{DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model"'
    ' ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>'
    '<Default Extension="png" ContentType="image/png"/>'
    '<Default Extension="config" ContentType="text/plain"/></Types>'
)
LEVEL = 3  # of 0 to 3
FIRST_DAY = (1980, 1, 1, 0, 0, 0)  # of zip archives


def pack(model: bytes, textures: Mapping[str, bytes], extras: Mapping[str, str]) -> bytes:
    """Write the archive.

    Parameters
    ----------
    model
        The model document.
    textures
        PNG files by name, which the model refers to as ``texture_path(name)``.
    extras
        Text files by their path; no relationship leads to them.
    """
    entries = {
        "[Content_Types].xml": CONTENT_TYPES.encode(),
        "_rels/.rels": _relationships([f"/{MODEL}"], "3dmodel"),
        MODEL: model,
    }
    if textures:
        paths = [texture_path(name) for name in textures]
        entries["3D/_rels/3dmodel.model.rels"] = _relationships(paths, "3dtexture")
    entries |= {texture_path(name)[1:]: payload for name, payload in textures.items()}
    entries |= {path: text.encode() for path, text in extras.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for path, payload in entries.items():
            info = zipfile.ZipInfo(path, date_time=FIRST_DAY)
            info.create_system = 3  # the same header whichever system writes it
            info.file_size = len(payload)
            stored = path.endswith(".png")
            info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
            with package.open(info, "w") as entry:
                if not stored:
                    _deflate_fast(entry)
                entry.write(payload)
    return out.getvalue()


def _deflate_fast(entry: IO[bytes]) -> None:
    """Deflate by another library: zlib takes twice as long for a fifth more bytes.

    ``zipfile`` has no public way to say so; where it has another name for its compressor, zlib
    deflates by its default level.
    """
    entry._compressor = isal_zlib.compressobj(LEVEL, wbits=-zlib.MAX_WBITS)  # type: ignore[attr-defined]  # noqa: SLF001


def texture_path(name: str) -> str:
    """Return where a texture lies in the archive."""
    return f"/{TEXTURES}{name}"


def _relationships(targets: Sequence[str], kind: str) -> bytes:
    rows = "".join(
        f'<Relationship Target="{target}" Id="rel{i}" Type="{KINDS}{kind}"/>'
        for i, target in enumerate(targets)
    )
    document = f'{DECLARATION}<Relationships xmlns="{RELATIONSHIPS}">{rows}</Relationships>'
    return document.encode()
