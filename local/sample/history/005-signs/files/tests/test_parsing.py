import unittest
from datetime import timedelta

from hourglass import DurationError, parse_duration


class ParseDuration(unittest.TestCase):
    def test_units(self):
        self.assertEqual(parse_duration("45s"), timedelta(seconds=45))
        self.assertEqual(parse_duration("2d"), timedelta(days=2))
        self.assertEqual(parse_duration("1w"), timedelta(weeks=1))

    def test_several_units(self):
        self.assertEqual(parse_duration("1h30m"), timedelta(minutes=90))
        self.assertEqual(parse_duration("2d 4h"), timedelta(days=2, hours=4))

    def test_fractions(self):
        self.assertEqual(parse_duration("1.5h"), timedelta(minutes=90))

    def test_signs(self):
        self.assertEqual(parse_duration("-15m"), timedelta(minutes=-15))
        self.assertEqual(parse_duration("+2h"), timedelta(hours=2))

    def test_rejects_what_it_cannot_read(self):
        for text in ("", "soon", "1h half", "h", "1h 2h"):
            with self.subTest(text), self.assertRaises(DurationError):
                parse_duration(text)


if __name__ == "__main__":
    unittest.main()
