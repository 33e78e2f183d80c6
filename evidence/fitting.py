# SPDX-License-Identifier: Apache-2.0
"""What other thresholds would have said, from the lines of evidence_population: each is moved alone.

A value is judged by Youden's J, the share of the sick that are called so less the share of the fine that are: by
CRITICAL of a threshold that is named so, by CRITICAL or WATCH of all others. Another value is better beyond chance
when a sign test over the networks that it calls otherwise says so at 5 %: five set right and none set wrong, say.
"""

import math

# As in evidence/sensitivity.h.
FACTORS = [1 / 30, 1 / 10, 1 / 5, 1 / 3, 1 / 2, 0.7, 1, 1.4, 2, 3, 5, 10, 30]
OWN = FACTORS.index(1)
SIGNIFICANT = 0.05


def by_others(member):
    """Verdicts by threshold, where they differ from the network's own; lines of earlier builds have none."""
    return member["check"].get("by_other_thresholds", {})


def called(member, threshold, factor):
    """Whether the network is called sick when the threshold is this many times its value."""
    verdicts = by_others(member).get(threshold, member["check"]["verdict"][0] * len(FACTORS))
    return verdicts[factor] == "c" or (verdicts[factor] == "w" and ".critical" not in threshold)


def youden(members, is_sick, threshold, factor):
    """Youden's J of the networks when the threshold is this many times its value."""
    calls = {True: [], False: []}
    for member in members:
        calls[is_sick(member)].append(called(member, threshold, factor))
    sick, fine = (sum(calls[word]) / max(1, len(calls[word])) for word in (True, False))
    return sick - fine


def changed(members, is_sick, threshold, factor):
    """How many networks this many times the value sets right, and how many wrong."""
    otherwise = [m for m in members if called(m, threshold, factor) != called(m, threshold, OWN)]
    right = sum(called(m, threshold, factor) == is_sick(m) for m in otherwise)
    return right, len(otherwise) - right


def chance(right, wrong):
    """Of so many or more set right among as many coins."""
    return sum(math.comb(right + wrong, k) for k in range(right, right + wrong + 1)) / 2 ** (right + wrong)


class Fit:
    """The best value of one threshold among those tried on one half, the nearest of those that are equally good."""

    def __init__(self, threshold, chosen_on, held_back, is_sick):
        found = [youden(chosen_on, is_sick, threshold, factor) for factor in range(len(FACTORS))]
        best = [factor for factor in range(len(FACTORS)) if found[factor] > max(found) - 1e-9]
        at = min(best, key=lambda factor: abs(factor - OWN))
        self.threshold, self.factor, self.best = threshold, FACTORS[at], [FACTORS[factor] for factor in best]
        self.own_is_best = at == OWN
        self.chosen_on, self.held_back = (changed(half, is_sick, threshold, at) for half in (chosen_on, held_back))
        self.youden = found[OWN], found[at]
        self.is_beyond_chance = chance(*self.chosen_on) < SIGNIFICANT


def fits(chosen_on, held_back, is_sick):
    """A Fit of every threshold that decides some verdict."""
    names = sorted({name for member in chosen_on + held_back for name in by_others(member)})
    return [Fit(name, chosen_on, held_back, is_sick) for name in names]
