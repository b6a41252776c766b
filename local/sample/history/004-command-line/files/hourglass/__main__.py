"""`python -m hourglass 1h30m 45m` adds durations up; `python -m hourglass --file week.txt` reports on a timesheet."""

import argparse
import sys
from datetime import timedelta

from .formatting import format_duration
from .parsing import DurationError, parse_duration
from .timesheet import report


def main(argv=None) -> int:
    parser = argparse.ArgumentParser(prog="hourglass", description=__doc__)
    parser.add_argument("durations", nargs="*")
    parser.add_argument("--file")
    arguments = parser.parse_args(argv)
    try:
        if arguments.file:
            with open(arguments.file, encoding="utf-8") as file:
                print(report(file))
        else:
            print(format_duration(sum(map(parse_duration, arguments.durations), timedelta(0))))
    except (DurationError, ValueError, OSError) as error:
        print(f"hourglass: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
