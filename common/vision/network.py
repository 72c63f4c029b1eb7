"""One tflite network behind a lock, run by OpenCV."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from common.errors import EngineUnavailable

if TYPE_CHECKING:
    from pathlib import Path

RGB = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]


class Network:
    """A loaded network. One instance may be shared by threads: runs are serialised."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise EngineUnavailable(
                f"the face model {path.name} is not in {path.parent}",
                "Run `make setup`, or copy the file into that folder.",
            )
        # The default engine of OpenCV 5 drops all outputs but one.
        self._net = cv2.dnn.readNetFromTFLite(str(path), cv2.dnn.ENGINE_CLASSIC)
        self._outputs = self._net.getUnconnectedOutLayersNames()
        self._lock = threading.Lock()

    def run(self, picture: Floats) -> dict[int, Floats]:
        """Return the outputs for one picture, flat, keyed by their number of values.

        The order of the outputs is not stable between builds of OpenCV, their sizes are.

        Parameters
        ----------
        picture : (H, W, 3) float32
            RGB in the range the network was trained on.
        """
        tensor = np.ascontiguousarray(picture.transpose(2, 0, 1)[None])
        with self._lock:
            self._net.setInput(tensor)
            blobs = self._net.forward(self._outputs)
            return {blob.size: np.array(blob, np.float32).ravel() for blob in blobs}
