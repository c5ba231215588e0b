"""The front door: ``python run.py`` plans scenarios/quickstart; ``python run.py --help`` shows the rest."""

from pathlib import Path

try:
    from optimizer.cli import main
except KeyboardInterrupt:  # Ctrl-C before anything began
    raise SystemExit(130) from None

if __name__ == "__main__":
    main(home=Path(__file__).parent)
