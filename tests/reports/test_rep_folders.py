"""A rep's own folder: a calendar that others can read, a workbook, and nothing of anybody else."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from pathlib import Path

import icalendar
import openpyxl
import pytest

from optimizer.messages import width
from optimizer.reports.book.cell_styles import LINE_HEIGHT
from optimizer.reports.content.report import Report
from optimizer.reports.files import rep_folders
from optimizer.reports.files.calendars import Entry, escape_text, fold_line, write_calendar
from optimizer.reports.files.rep_folders import name_folders, write_rep_folders
from tests.reports.answers import EVIL, HOSTILE_IDS, small_weeks


@pytest.fixture(scope="module")
def report() -> Report:
    return small_weeks()


@pytest.fixture(scope="module")
def folder(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out")
    assert report.timetable is not None
    write_rep_folders(report.case, report.timetable, out)
    return out / "reps"


def read_events(file: Path) -> list[icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(file.read_bytes())
    return [event for event in calendar.walk("VEVENT") if not event.errors]


def read_sheet(file: Path, sheet: str) -> list[tuple[object, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(openpyxl.load_workbook(file)[sheet].iter_rows(values_only=True))


def shown(report: Report, rep: int) -> dict[str, tuple[str, float]]:
    """Week and hours of every task of a rep in the weeks that reps are shown."""
    assert report.timetable is not None
    frame, weeks = report.timetable.tasks.frame, report.timetable.work.week_names[:2]
    mine = frame[(frame["rep_id"] == HOSTILE_IDS[rep]) & frame["week"].isin(weeks)]
    return {row.task_id: (row.week, row.hours) for row in mine.itertuples()}


def test_every_rep_has_a_folder_whose_name_harms_no_file_system(folder: Path) -> None:
    assert sorted(entry.name for entry in folder.iterdir()) == ["=r_2", "_CON", "__王,伟;"]


@pytest.mark.parametrize(
    ("ids", "folders"),
    [
        (["a", "A", "a"], ["a", "A-2", "a-3"]),
        (["..", ".", "", "a/../b", "x\x00y"], ["_", "_-2", "_-3", "a_.._b", "x_y"]),
        (["nul", "COM1.txt", "end. "], ["_nul", "_COM1.txt", "end_"]),
        (["长" * 100], ["长" * 60]),
    ],
)
def test_names_of_folders_are_safe_and_never_alike(ids: list[str], folders: list[str]) -> None:
    assert name_folders(ids) == folders


@pytest.mark.parametrize("rep", [0, 1, 2])
def test_the_calendar_parses_back_to_the_same_tasks(rep: int, report: Report, folder: Path) -> None:
    own = folder / name_folders(list(HOSTILE_IDS))[rep]
    expected = shown(report, rep)
    assert expected, "a rep with tasks"
    found: dict[str, str] = {}
    for event in read_events(own / "calendar.ics"):
        week = str(event["SUMMARY"]).split(":")[0]
        lines = re.split(r"\]\n", str(event["DESCRIPTION"]) + "\n")
        tasks = [line.rsplit(" [", 1)[1] for line in lines if line.strip()]
        assert f"{len(tasks)} task" in str(event["SUMMARY"])
        assert not found.keys() & set(tasks)
        found |= dict.fromkeys(tasks, week)
    assert found == {task: week for task, (week, _) in expected.items()}


def test_an_entry_is_its_week_from_monday_to_the_last_working_day(report: Report, folder: Path) -> None:
    events = read_events(folder / "_CON" / "calendar.ics")
    for event in events:
        start, end = event.decoded("DTSTART"), event.decoded("DTEND")
        assert type(start) is dt.date and start.weekday() == 0 and end - start == dt.timedelta(days=5)
        assert event["TRANSP"] == "TRANSPARENT"
        assert event.decoded("DTSTAMP") == dt.datetime(2026, 7, 6, tzinfo=dt.UTC)
    assert len({str(event["UID"]) for event in events}) == len(events)


def test_lines_are_ended_folded_and_escaped_as_the_standard_asks(folder: Path) -> None:
    for file in folder.rglob("calendar.ics"):
        raw = file.read_bytes()
        assert raw.endswith(b"END:VCALENDAR\r\n")
        assert b"\n" not in raw.replace(b"\r\n", b"") and b"\r" not in raw.replace(b"\r\n", b"")
        for line in raw.split(b"\r\n"):
            assert len(line) <= 75
            line.decode("utf-8")  # no letter is cut in two


@pytest.mark.parametrize(
    "text", ["a,b;c\\d\ne", "\\n", "苏州" * 60, "x\x07\r\ny", "BEGIN:VEVENT\r\nEND:VEVENT", ""]
)
def test_any_text_comes_back_as_it_was_written(text: str) -> None:
    day = dt.date(2026, 7, 6)
    raw = write_calendar("r", text, [Entry("w", day, day + dt.timedelta(days=1), text, text)], day)
    (event,) = icalendar.Calendar.from_ical(raw).walk("VEVENT")
    expected = text.replace("\r\n", "\n").replace("\x07", "\ufffd")
    assert str(event["DESCRIPTION"]) == str(event["SUMMARY"]) == expected
    assert "".join(part[bool(k) :] for k, part in enumerate(fold_line(escape_text(text)))) == escape_text(
        text
    )


def test_a_later_plan_takes_the_place_of_an_earlier_one_in_the_calendar(report: Report, folder: Path) -> None:
    other = small_weeks(tasks=[])
    uids = {}
    for name, some in (("before", report), ("after", other)):
        out = folder.parent / name
        out.mkdir()
        assert some.timetable is not None
        write_rep_folders(some.case, some.timetable, out)
        events = read_events(out / "reps" / "_CON" / "calendar.ics")
        uids[name] = {str(e["SUMMARY"]).split(":")[0]: str(e["UID"]) for e in events}
    common = uids["before"].keys() & uids["after"].keys()
    assert common and all(uids["before"][week] == uids["after"][week] for week in common)


@pytest.mark.parametrize("rep", [0, 1, 2])
def test_the_workbook_has_the_same_tasks_as_texts_and_numbers(rep: int, report: Report, folder: Path) -> None:
    head, *rows = read_sheet(folder / name_folders(list(HOSTILE_IDS))[rep] / "tasks.xlsx", "Tasks")
    at = {name: k for k, name in enumerate(head)}
    found = {row[at["Task"]]: (row[at["Week"]], row[at["Hours"]]) for row in rows}
    assert found == shown(report, rep)
    weeks = read_sheet(folder / name_folders(list(HOSTILE_IDS))[rep] / "tasks.xlsx", "Weeks")[4:]
    assert sum(row[2] for row in weeks) == len(rows)  # type: ignore[misc]
    assert sum(row[3] for row in weeks) == pytest.approx(sum(row[at["Hours"]] for row in rows))  # type: ignore[misc]


def test_in_a_rep_s_workbook_nothing_touches_and_long_names_are_shown_whole(folder: Path) -> None:
    for own in folder.iterdir():
        sheet = openpyxl.load_workbook(own / "tasks.xlsx").worksheets[1]
        for row in sheet.iter_rows():
            height = (sheet.row_dimensions[row[0].row].height or LINE_HEIGHT) / LINE_HEIGHT
            assert row[5].alignment.indent == 1 or row[5].value is None  # the day due, behind hours
            for cell in row:
                wide = sheet.column_dimensions[cell.column_letter].width
                assert cell.value is None or width(str(cell.value)) <= height * wide


@pytest.mark.parametrize("rep", [0, 1, 2])
def test_a_rep_s_own_folder_names_no_other_rep_and_no_later_week(
    rep: int, report: Report, folder: Path
) -> None:
    own = folder / name_folders(list(HOSTILE_IDS))[rep]
    cells = [
        str(cell)
        for sheet in ("Weeks", "Tasks")
        for row in read_sheet(own / "tasks.xlsx", sheet)
        for cell in row
        if cell is not None
    ]
    calendar = icalendar.Calendar.from_ical((own / "calendar.ics").read_bytes())
    texts = [*cells, str(calendar["X-WR-CALNAME"])]
    texts += [
        str(event[key]) for event in calendar.walk("VEVENT") for key in ("SUMMARY", "DESCRIPTION", "UID")
    ]
    names = ("王伟</script>", "=Anna()", "@Bob")
    assert any(names[rep] in text for text in texts)
    for other in {0, 1, 2} - {rep}:
        assert not [t for t in texts if names[other] in t or HOSTILE_IDS[other] in t]
    assert report.timetable is not None
    later = report.timetable.work.week_names[2]
    assert not [text for text in texts if later in text]
    frame = report.timetable.tasks.frame
    foreign = set(frame["customer_id"]) - set(frame["customer_id"][frame["rep_id"] == HOSTILE_IDS[rep]])
    assert foreign - {""}
    assert not [t for t in texts for customer in foreign - {""} if re.search(rf"\b{customer}\b", t)]


def test_a_task_at_a_colleague_s_customer_says_so_without_the_name(report: Report, folder: Path) -> None:
    assert report.timetable is not None
    row = report.timetable.tasks.frame.iloc[0]
    assert (row["rep_id"], row["owner_id"]) == (HOSTILE_IDS[0], HOSTILE_IDS[1]), "only he has the crane"
    head, *rows = read_sheet(folder / name_folders([HOSTILE_IDS[0]])[0] / "tasks.xlsx", "Tasks")
    notes = {r[head.index("Task")]: r[head.index("Note")] for r in rows}
    assert notes["t0"] == "a colleague's customer"
    assert all(not note for task, note in notes.items() if task != "t0")


def test_nothing_in_a_rep_s_workbook_can_run(folder: Path) -> None:
    for file in folder.rglob("tasks.xlsx"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(file)
        for sheet in book:
            for row in sheet.iter_rows():
                assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
    head, *rows = read_sheet(folder / name_folders([HOSTILE_IDS[0]])[0] / "tasks.xlsx", "Tasks")
    assert EVIL in {row[head.index("Customer name")] for row in rows}


def test_without_dates_there_are_workbooks_but_no_calendars(tmp_path: Path) -> None:
    report = small_weeks({"horizon": {"weeks": 3}}, tasks=[])
    assert report.timetable is not None
    write_rep_folders(report.case, report.timetable, tmp_path)
    files = {file.name for file in tmp_path.rglob("*.*") if file.is_file()}
    assert files == {"tasks.xlsx"}
    assert [code for code, _ in report.timetable.notes] == ["no_dates"]


def test_more_reps_than_anybody_hands_folders_to_are_told(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert report.timetable is not None
    monkeypatch.setattr(rep_folders, "MOST_REP_FOLDERS", 2)
    monkeypatch.setattr("optimizer.reports.content.timetable.MOST_REP_FOLDERS", 2)
    write_rep_folders(report.case, report.timetable, tmp_path)
    assert len(list((tmp_path / "reps").iterdir())) == 2
    assert report.timetable.notes == [("many_reps", {"count": 3, "most": 2})]
