"""The front door: ``python run.py`` plans scenarios/quickstart; ``python run.py --help`` shows the rest."""

from pathlib import Path

from optimizer.cli import main

if __name__ == "__main__":
    main(home=Path(__file__).parent)
