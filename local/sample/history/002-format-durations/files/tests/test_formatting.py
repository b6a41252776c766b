import unittest
from datetime import timedelta

from hourglass import format_duration, parse_duration


class FormatDuration(unittest.TestCase):
    def test_leaves_out_what_is_zero(self):
        self.assertEqual(format_duration(timedelta(minutes=90)), "1h30m")
        self.assertEqual(format_duration(timedelta(days=2, hours=4)), "2d4h")
        self.assertEqual(format_duration(timedelta(hours=1, seconds=5)), "1h5s")

    def test_nothing_is_zero_seconds(self):
        self.assertEqual(format_duration(timedelta(0)), "0s")

    def test_survives_a_round_trip(self):
        for text in ("45s", "1h30m", "2d4h", "6d23h59m59s", "10d"):
            with self.subTest(text):
                self.assertEqual(format_duration(parse_duration(text)), text)


if __name__ == "__main__":
    unittest.main()
