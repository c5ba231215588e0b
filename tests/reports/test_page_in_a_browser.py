"""The page draws itself in a real browser, under its own policy, without a word of complaint."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from optimizer.reports.content.prices import LimitPrice
from optimizer.reports.content.report import Report
from optimizer.reports.page.page import write_page
from tests.reports.answers import small_case, small_report, small_weeks

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome here to open the page with")

# What a reader does, done to everything there is; the body's class tells how it went.
READER = """
try {
  for (const button of document.querySelectorAll("button")) button.click();
  for (const box of document.querySelectorAll("input")) {
    box.click();
    box.value = "c";
    box.dispatchEvent(new Event("input"));
  }
  for (const picker of document.querySelectorAll("select"))
    for (const option of picker.options) { picker.value = option.value; picker.dispatchEvent(new Event("change")); }
  const map = document.querySelector(".canvas canvas");
  for (const key of ["+", "-", "0", "ArrowLeft"]) map?.dispatchEvent(new KeyboardEvent("keydown", { key }));
  map?.dispatchEvent(new WheelEvent("wheel", { deltaY: -300, cancelable: true }));
  const box = map?.getBoundingClientRect();
  for (let x = 0; map && x < box.width; x += 8) for (let y = 0; y < box.height; y += 8)
    map.dispatchEvent(new PointerEvent("pointermove", { clientX: box.left + x, clientY: box.top + y }));
  document.body.className = "read";
} catch (error) { document.body.className = "failed " + error; }
"""


def open_page(page: Path, profile: Path) -> tuple[str, list[str]]:
    """The page as a browser leaves it, and what stood on the console."""
    assert BROWSER is not None
    options = [
        "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--window-size=1280,2000", "--virtual-time-budget=3000",
        "--enable-logging=stderr", f"--user-data-dir={profile}", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    run = subprocess.run([BROWSER, *options], capture_output=True, text=True, timeout=60, check=True)
    return run.stdout, [line for line in run.stderr.splitlines() if "CONSOLE" in line]


def test_the_page_as_written_shows_its_plan_and_says_nothing_on_the_console(tmp_path: Path) -> None:
    write_page(small_report(), tmp_path)
    shown, console = open_page(tmp_path / "report.html", tmp_path / "profile")
    assert console == []
    assert "<h1>&lt;b&gt;Delta&lt;/b&gt;</h1>" in shown, "a name is text, whatever is in it"
    for title in ("Territories", "Customers that change owner", "Findings in the data"):
        assert f"<h2>{title}</h2>" in shown
    assert re.search(r"<td class=\"text\">\+86</td>", shown)


def test_the_limits_worth_most_are_shown_with_their_hours(tmp_path: Path) -> None:
    limit = LimitPrice("capacity", "capacity", 1.256, 1.0, "hours", "<b>r1</b>")
    write_page(replace(small_report(), prices=[limit]), tmp_path)
    shown, console = open_page(tmp_path / "report.html", tmp_path / "profile")
    assert console == []
    assert "<h2>What limits this plan</h2>" in shown
    assert '<td>&lt;b&gt;r1&lt;/b&gt;: one more hour</td><td class="number">1.26</td>' in shown


def test_the_weeks_are_shown_with_doer_owner_and_what_slips(tmp_path: Path) -> None:
    write_page(small_weeks(), tmp_path)
    shown, console = open_page(tmp_path / "report.html", tmp_path / "profile")
    assert console == []
    for title in ("Tasks into weeks", "Who does what, and when", "Work that does not fit"):
        assert f"<h2>{title}</h2>" in shown
    lent = re.findall(r'<span class="box lent[^"]*" title="([^"]*)"', shown)
    assert any("Responsible: 王伟&lt;/script&gt;\nAccountable: =Anna()" in title for title in lent), lent
    assert len(re.findall(r'<td class="heat[^"]*"', shown)) == 9, "three reps, three weeks"
    assert "split it into parts" in shown, "the task of 90 hours is too long"
    assert "<img src=x>" not in shown


@pytest.mark.parametrize("kind", ["points", "no points", "weeks", "no tasks"])
def test_everything_a_reader_can_press_works(kind: str, tmp_path: Path) -> None:
    report: Report = small_weeks() if kind == "weeks" else small_report()
    if kind == "no tasks":
        report = small_weeks(
            {"tiers": {"A": {"visits": 0, "hours_per_visit": 0}}}, tasks=[], customers=[{}] * 4
        )
    if kind == "no points":
        report = small_report(small_case(reps=[{}, {}, {}], customers=[{"hours": 1.0}] * 7, tasks=[]))
    write_page(report, tmp_path)
    page = tmp_path / "report.html"
    html = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text(encoding="utf-8"))
    page.write_text(html.replace("</body>", f"<script>{READER}</script></body>"), encoding="utf-8")
    shown, console = open_page(page, tmp_path / "profile")
    assert console == []
    assert '<body class="read">' in shown


def test_the_page_tells_a_lock_and_the_group_and_opens_a_rep(tmp_path: Path) -> None:
    customers = [{"hours": 2.0, "owner": "r0", "group": "g"}] * 2 + [{"hours": 1.0, "owner": "r1"}]
    locks = [
        {"customer_id": "c0", "rep_id": "r0", "kind": "keep", "reason": "<i>sponsor", "until": "2027-12-31"}
    ]
    case = small_case(reps=[{}, {}], customers=customers, locks=locks, tasks=[])
    write_page(small_report(case, (0, 0, 1)), tmp_path)
    page = tmp_path / "report.html"
    html = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text(encoding="utf-8"))
    look = (
        'for (const rep of [...document.querySelectorAll("#ledger [aria-expanded]")]) rep.click();'
        '[...document.querySelectorAll("#ledger .inner .link")].find((b) => b.textContent === "c1").click();'
    )
    page.write_text(html.replace("</body>", f"<script>{look}</script></body>"), encoding="utf-8")
    shown, console = open_page(page, tmp_path / "profile")
    assert console == []
    answer = shown[shown.index('<div class="answer"') :]
    assert "c0: A lock says: with r0 (&lt;i&gt;sponsor; until 2027-12-31)." in answer
    assert "together with 1 more of its group" in answer
    assert '<button class="link" type="button">c0</button>' in answer


def test_a_customer_that_is_looked_for_is_told_aloud_with_the_id_of_its_rep(tmp_path: Path) -> None:
    report = small_report()
    served = int((report.after.owner >= 0).argmax())
    customer = report.problem.customer_ids[served]
    rep = report.problem.rep_ids[report.after.owner[served]]
    write_page(report, tmp_path)
    page = tmp_path / "report.html"
    html = re.sub(r"<meta http-equiv[^>]*>", "", page.read_text(encoding="utf-8"))
    look = (
        'const box = document.querySelector("#why input[type=search]");'
        f'box.value = "{customer}"; box.dispatchEvent(new Event("input"));'
    )
    page.write_text(html.replace("</body>", f"<script>{look}</script></body>"), encoding="utf-8")
    shown, console = open_page(page, tmp_path / "profile")
    assert console == []
    answer = re.search(r'<div class="answer" role="status".*?<div class="why">.*?</div>', shown, re.DOTALL)
    assert answer is not None
    assert customer in answer[0]
    assert re.search(rf"Planned: [^<]*\b{rep}\b", answer[0]), answer[0]
