"""What a command took is counted right, whatever the size of the process that asks."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import pytest

from tests.benchmarks.measuring import measure, module_command, write_section

only_linux = pytest.mark.skipif(
    sys.platform != "linux", reason="memory of several processes is read from /proc"
)


def _python(code: str, **options: float):
    return measure([sys.executable, "-I", "-S", "-c", textwrap.dedent(code)], **options)


def test_the_memory_of_the_process_that_asks_does_not_count():
    ballast = b"1" * 150_000_000
    assert _python("pass").peak_mb < 60 < len(ballast) / 1e6


def test_memory_processor_time_output_and_exit_code_are_the_commands_own():
    usage = _python("""
        import sys, time
        held = b"1" * 100_000_000
        while time.process_time() < 0.3: pass
        print("said"); print("aside", file=sys.stderr)
        sys.exit(3)
    """)
    assert 100 < usage.peak_mb < 160
    assert 0.3 <= usage.cpu < 3 and usage.wall > 0.2
    assert usage.code == 3 and not usage.killed
    assert sorted(usage.output.split()) == ["aside", "said"]


@only_linux
def test_processes_that_live_together_are_weighed_together():
    usage = _python("""
        import subprocess, sys
        held = b"1" * 60_000_000
        subprocess.run([sys.executable, "-c", "held = b'1' * 80_000_000; import time; time.sleep(1)"])
    """)
    assert 140 < usage.peak_mb < 200


@only_linux
def test_past_its_limit_a_command_is_killed_with_all_it_started(tmp_path: Path):
    mark = tmp_path / "mark"
    usage = _python(
        f"""
        import subprocess, sys
        code = "import time; time.sleep(2.5); open({str(mark)!r}, 'w')"
        subprocess.run([sys.executable, "-c", code])
        """,
        limit=0.6,
    )
    assert usage.killed and usage.code == -9
    measure(["sleep", "2.5"])
    assert not mark.exists()


def test_a_module_runs_from_any_folder_with_its_arguments(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    usage = measure(module_command("tests.judge", "only one"))
    assert usage.code == 2 and "A second opinion" in usage.output


def test_a_section_is_replaced_and_the_rest_of_the_page_stays(tmp_path: Path):
    page = tmp_path / "page.md"
    write_section(page, "a", "first")
    write_section(page, "b", "other")
    write_section(page, "a", "second \\1")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Benchmarks") and "first" not in text
    assert text.index("second \\1") < text.index("other")
