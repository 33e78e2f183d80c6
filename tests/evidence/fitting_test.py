#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What fitting.py makes of networks whose outcome is known."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "evidence"))
import fitting

OWN = fitting.OWN


def network(sick, verdicts, threshold="vanishing.watch_gain"):
    """By each factor the first letter of a verdict."""
    word = {"h": "healthy", "w": "watch", "c": "critical"}[verdicts[OWN]]
    return {"sick": sick, "check": {"verdict": word, "by_other_thresholds": {threshold: verdicts}}}


def is_sick(member):
    return member["sick"]


def row(own, smaller):
    """One verdict at all factors from 1 on, another below."""
    return smaller * OWN + own * (len(fitting.FACTORS) - OWN)


class Fitting(unittest.TestCase):
    # Three of four sick ones found, one of two fine ones alarmed at the value; all and none of them below.
    half = [network(True, row("w", "w"))] * 3 + [network(True, row("h", "w"))] + [
        network(False, row("h", "h")), network(False, row("w", "h"))]

    def test_j_is_recall_less_false_alarms(self):
        self.assertAlmostEqual(fitting.youden(self.half, is_sick, "vanishing.watch_gain", OWN), 3 / 4 - 1 / 2)
        self.assertAlmostEqual(fitting.youden(self.half, is_sick, "vanishing.watch_gain", 0), 1)

    def test_critical_thresholds_are_held_to_the_word_critical(self):
        half = [network(True, row("w", "c"), "vanishing.critical_gain")]
        self.assertAlmostEqual(fitting.youden(half, is_sick, "vanishing.critical_gain", OWN), 0)
        self.assertAlmostEqual(fitting.youden(half, is_sick, "vanishing.critical_gain", 0), 1)

    def test_a_better_value_is_the_nearest_of_the_best_and_counted_by_networks(self):
        (fit,) = fitting.fits(self.half, self.half[:1], is_sick)
        self.assertEqual((fit.factor, fit.chosen_on, fit.held_back), (fitting.FACTORS[OWN - 1], (2, 0), (0, 0)))
        self.assertFalse(fit.is_beyond_chance)
        (fit,) = fitting.fits(self.half * 3, [], is_sick)
        self.assertTrue(fit.is_beyond_chance)

    def test_chance_is_that_of_coins(self):
        self.assertAlmostEqual(fitting.chance(5, 0), 1 / 32)
        self.assertAlmostEqual(fitting.chance(3, 1), 5 / 16)
        self.assertEqual(fitting.chance(0, 0), 1)

    def test_lines_of_earlier_builds_have_no_other_thresholds(self):
        old = {"sick": True, "check": {"verdict": "watch"}}
        self.assertEqual(fitting.fits([old], [old], is_sick), [])


if __name__ == "__main__":
    unittest.main()
