"""What the benchmarks share: facts of the machine, child processes, tables."""

from __future__ import annotations

import datetime
import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

Figures = dict[str, Any]

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1", "CUDA_VISIBLE_DEVICES": ""}


def machine() -> Figures:
    """The processor, the number of cores in use and the day, to print beside figures."""
    name = platform.processor() or platform.machine()
    family = ""
    info = Path("/proc/cpuinfo")
    if info.exists():
        fields = dict(
            (part.strip() for part in line.split(":", 1))
            for line in info.read_text().split("\n\n", 1)[0].splitlines()
            if ":" in line
        )
        name = fields.get("model name", name)
        family = f" (family {fields.get('cpu family')}, model {fields.get('model')})"
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": name + family,
        "cores": cores,
        "system": f"{platform.system()} {platform.machine()}",
        "day": datetime.date.today().isoformat(),
    }


def child(command: Sequence[str], env: Mapping[str, str], seconds: float = 900) -> Figures:
    """The JSON object that a process prints as its last line, or ``{"error": …}``."""
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, **QUIET, **env},
        timeout=seconds,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        last = (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]
        return {"error": last}
    figures: Figures = json.loads(lines[-1])
    return figures


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns wide enough; the first to the left, the others to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    lines = []
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join(cells))
    return "\n".join(lines)


def digits(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def save(path: str | None, figures: Figures) -> None:
    """Write figures as JSON where a path was given."""
    if path:
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(figures, indent=1) + "\n")
