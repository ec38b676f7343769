#!/bin/sh
# The business day after a sale in China, by the calendars that Python libraries bring.
#
# One would guess: a library that has China's calendar has the one that its banks clear by, with the weekends that are worked in exchange for holidays;
# and since each year's days are decreed towards the end of the year before, it refuses a year that it does not know yet.
#
# What happens, with four of them:
# - QuantLib 1.44: China() is the Shanghai stock exchange, which never opens on a weekend. A sale of Friday 13 February 2026 would be due on the 24th; by
#   China(China.IB), the interbank market, it is due on Saturday the 14th, ten days earlier. Neither knows 2027, and neither says so: of its weekdays all but
#   New Year's Day are business days, 1 October (a holiday by law in every year) and Spring Festival included.
# - holidays 0.109: 2026 as the interbank market has it. For 2027 it reckons the holidays by rules, without a word, and has no weekend worked at all.
# - workalendar 17.0.0 knows nothing after 2023. Asked for a weekday of 2026 it raises an error; asked for a weekend day it says, without error or warning,
#   that it is none to work on, though all six that were worked are.
# - chinesecalendar 1.11.0 does what one would guess.
#
# Why it matters here: the ledger brings no calendar. `calendar_set` says a year's `closed` weekdays and `open` weekend days, and merchants' money becomes
# available by it. For a year that nobody set, it counts from Monday to Friday and says so (`calendar_missing` of balances); a year that was set from a
# library which made it up is told by nothing. Take the interbank market's, and only a year that was decreed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
timeout 300 venv/bin/pip install -q 'QuantLib==1.44' 'holidays==0.109' 'workalendar==17.0.0' 'chinesecalendar==1.11.0'
cat >look.py <<'PYTHON'
import sys
import warnings
from datetime import date, timedelta

import chinese_calendar
import holidays
import QuantLib
from workalendar.asia import China

warnings.simplefilter("error")  # So that a warning would be seen.


def of_quantlib(calendar):
    return lambda day: calendar.isBusinessDay(QuantLib.Date(day.day, day.month, day.year))


CALENDARS = {
    "QuantLib, China()": of_quantlib(QuantLib.China()),
    "QuantLib, China(IB)": of_quantlib(QuantLib.China(QuantLib.China.IB)),
    "holidays": holidays.CN().is_working_day,
    "workalendar": China().is_working_day,
    "chinesecalendar": chinese_calendar.is_workday,
}


def next_day(works, day):
    try:
        day += timedelta(1)
        while not works(day):
            day += timedelta(1)
        return day.isoformat()
    except Exception as error:
        return f"{type(error).__name__} at {day}"


def weekdays_off_and_weekends_worked(works, year):
    days = [date(year, 1, 1) + timedelta(number) for number in range(365)]
    try:
        return sum(day.weekday() < 5 and not works(day) for day in days), sum(day.weekday() > 4 and works(day) for day in days)
    except Exception as error:
        return type(error).__name__


EXPECTED = {
    # The business day after 2026-02-13 and after 2027-09-30; weekdays off and weekend days worked in 2026 and in 2027.
    "QuantLib, China()": ("2026-02-24", "2027-10-01", (19, 0), (1, 0)),
    "QuantLib, China(IB)": ("2026-02-14", "2027-10-01", (19, 6), (1, 0)),
    "holidays": ("2026-02-14", "2027-10-06", (19, 6), (13, 0)),
    "workalendar": ("CalendarError at 2026-02-16", "CalendarError at 2027-10-01", "CalendarError", "CalendarError"),
    "chinesecalendar": ("2026-02-14", "NotImplementedError at 2027-10-01", (19, 6), "NotImplementedError"),
}
changed = []
for name, works in CALENDARS.items():
    with warnings.catch_warnings():
        if name == "workalendar":
            warnings.simplefilter("ignore")  # It warns of a weekday before it raises.
        seen = (next_day(works, date(2026, 2, 13)), next_day(works, date(2027, 9, 30)),
                weekdays_off_and_weekends_worked(works, 2026), weekdays_off_and_weekends_worked(works, 2027))
    print(f"{name}: after 2026-02-13 comes {seen[0]}, after 2027-09-30 {seen[1]}; weekdays off and weekend days worked: 2026 {seen[2]}, 2027 {seen[3]}")
    if seen != EXPECTED[name]:
        changed.append(name)
worked = [day for day in (date(2026, 1, 1) + timedelta(number) for number in range(365)) if day.weekday() > 4 and chinese_calendar.is_workday(day)]
denied = [day for day in worked if not CALENDARS["workalendar"](day)]
print(f"weekend days worked in 2026: {', '.join(map(str, worked))}; workalendar says of {len(denied)} that they are not, and no error")
if len(worked) != 6 or denied != worked:
    changed.append("weekends of workalendar")
sys.exit(f"this has changed: {changed}" if changed else 0)
PYTHON
timeout 120 venv/bin/python look.py
