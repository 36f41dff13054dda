"""Installed with the package: `jupyter lab`, started where the repository lies, opens the start notebook."""

from pathlib import Path

START = "notebooks/start.ipynb"

if Path(START).exists():
    get_config().LabApp.default_url = f"/lab/tree/{START}"  # noqa: F821
