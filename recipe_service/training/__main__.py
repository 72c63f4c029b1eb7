"""Train the recogniser: ``python -m recipe_service.training DATA_DIR OUT``."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from recipe_service.training.dataset import DataError
from recipe_service.training.recipe import TrainingPlan, train


def main() -> None:
    """Train, calibrate and write ``OUT/recogniser.npz``; phase 1 is kept in OUT for a next run."""
    parser = argparse.ArgumentParser(prog="recipe_service.training", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with train.txt, val.txt and classes.csv")
    parser.add_argument("out", type=Path, help="folder for recogniser.npz")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    try:
        train(arguments.data, arguments.out, TrainingPlan())
    except DataError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
