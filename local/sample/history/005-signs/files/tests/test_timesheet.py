import unittest
from datetime import timedelta

from hourglass.timesheet import report, totals


class Timesheet(unittest.TestCase):
    def test_adds_up_by_label(self):
        lines = ["review  1h30m", "# a comment", "", "support\t45m", "review  15m"]

        self.assertEqual(totals(lines), {"review": timedelta(minutes=105), "support": timedelta(minutes=45)})

    def test_a_negative_entry_takes_time_off(self):
        self.assertEqual(totals(["review  1h", "review  -15m"]), {"review": timedelta(minutes=45)})

    def test_reports_in_order_of_appearance(self):
        self.assertEqual(report(["support  45m", "review  1h"]), "support  45m\nreview   1h")

    def test_names_the_line_without_a_duration(self):
        with self.assertRaisesRegex(ValueError, "line 2"):
            totals(["review  1h", "support"])


if __name__ == "__main__":
    unittest.main()
