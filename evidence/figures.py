#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tables of how often verdicts are right, from the lines of evidence_population.

    figures.py PAGE.md KEPT.jsonl [NEW.jsonl ...]

Lines of NEW are merged into KEPT, and the tables of PAGE, between its two comments, written anew from it. Without NEW the tables
are compared with what KEPT gives; SHATTERPROOF_WRITE_PAGES=1 writes them.

A network is *sick* when the best of its trainings comes less than seven tenths of the way from guessing to what
one hidden layer reaches, *fine* when it comes further. Members with an even number are the half on which
thresholds are chosen, those of the baselines and those of the rules; every figure is of the other half. What else was
chosen on some of either half, the page says.
"""

import json
import math
import os
import sys

from fitting import fits
from intervals import interval

GUESSING = 0.1
LEARNED = 0.7
BEGIN, END = "<!-- Written by evidence/figures.py. -->\n", "<!-- The end of what is written. -->\n"


def read(paths):
    members = {}
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                member = json.loads(line)
                members[member["member"]] = member
    return [members[number] for number in sorted(members)]


def progress(member):
    return (member["accuracy"] - GUESSING) / (member["reference"] - GUESSING)


def is_sick(member):
    # Older lines do not say what was enough.
    return member["accuracy"] < member.get("enough", GUESSING + LEARNED * (member["reference"] - GUESSING))


def median(numbers):
    ordered = sorted(numbers)
    return ordered[len(ordered) // 2] if ordered else float("nan")


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(map(str, cells)) + " |\n" for cells in lines) + "\n"


def judged(members, called):
    """Precision, recall and false alarms of calling sick what `called` says."""
    sick = [member for member in members if is_sick(member)]
    fine = [member for member in members if not is_sick(member)]
    alarms = [member for member in members if called(member)]
    hits = sum(is_sick(member) for member in alarms)
    false_alarms = sum(called(member) for member in fine)
    return (interval(hits, len(alarms)), interval(sum(called(member) for member in sick), len(sick)),
            interval(false_alarms, len(fine)))


def verdict(member):
    return member["check"]["verdict"]


def logarithm(value):
    return abs(math.log(value)) if value and value > 0 and math.isfinite(value) else 1e9


def rehearsal_share(member):
    rehearsal = member["check"].get("rehearsal")
    share = rehearsal["share"] if rehearsal else None
    return share if share is not None and math.isfinite(share) else 1e9


BASELINES = {
    "gradient norm, first layer over last": lambda m: logarithm(m["check"]["baselines"].get("gradient_ratio")),
    "end-to-end gain": lambda m: logarithm(m["check"]["baselines"].get("gain")),
    "rehearsal alone": rehearsal_share,
    "depth": lambda m: m["depth"],
}


def best_threshold(members, score):
    """Where recall less false alarms is largest."""
    sick = sum(is_sick(member) for member in members) or 1
    fine = sum(not is_sick(member) for member in members) or 1
    best = (-2.0, 0.0)
    for threshold in sorted({score(member) for member in members}):
        called = [member for member in members if score(member) >= threshold]
        hits = sum(is_sick(member) for member in called)
        best = max(best, (hits / sick - (len(called) - hits) / fine, threshold))
    return best[1]


def area_under_curve(members, score):
    sick = [score(member) for member in members if is_sick(member)]
    fine = [score(member) for member in members if not is_sick(member)]
    if not sick or not fine:
        return float("nan")
    return sum((s > f) + 0.5 * (s == f) for s in sick for f in fine) / (len(sick) * len(fine))


FINDING_GRADES = {"info": 1, "watch": 2, "critical": 3}  # and 0 where there is none


def severity_score(member):
    order = {"healthy": 0, "unknown": 1, "watch": 2, "critical": 3}
    return order[verdict(member)]


def rule_rows(members):
    rows = []
    names = sorted({finding["id"] for member in members for finding in member["check"]["findings"]})
    for name in names:
        def has(member, name=name):
            return any(finding["id"] == name and finding["severity"] != "info" for finding in member["check"]["findings"])

        def is_cause(member, name=name):
            return any(finding["id"] == name and finding["severity"] != "info" and not finding["cause"]
                       for finding in member["check"]["findings"])

        def grade(member, name=name):
            grades = [FINDING_GRADES[finding["severity"]] for finding in member["check"]["findings"] if finding["id"] == name]
            return max(grades, default=0)
        having = [member for member in members if has(member)]
        if not having:
            continue
        causes = [member for member in members if is_cause(member)]
        rows.append([f"`{name}`", len(having), len(causes), interval(sum(map(is_sick, causes)), len(causes)),
                     f"{median([progress(member) for member in causes]):.2f}" if causes else "-",
                     interval(sum(has(m) for m in members if is_sick(m)), sum(map(is_sick, members))),
                     f"{area_under_curve(members, grade):.2f}"])
    return rows


def thresholds_text(chosen_on, held_back):
    """What other values of the rules' thresholds would do."""
    found = fits(chosen_on, held_back, is_sick)
    better = [fit for fit in found if not fit.own_is_best]
    beyond = [f"`{fit.threshold}`" for fit in better if fit.is_beyond_chance]
    text = (f"{len(found)} thresholds decide some verdict. Each was multiplied by 1/30 to 30, the others kept: of {len(found) - len(better)} no "
            f"other value does better on the half that chooses; of {len(better)} one does, of "
            f"{', '.join(beyond) or 'none'} by more than chance would (a sign test at 5 %, for which at least five have to be set right and "
            f"none wrong: with so few sick networks smaller improvements cannot be told).\n\n")
    rows = [[f"`{fit.threshold}`", ", ".join(f"{factor:.2g}" for factor in fit.best), "{:.2f}, {:.2f}".format(*fit.youden),
             *("{}, {}".format(*half) for half in (fit.chosen_on, fit.held_back))] for fit in better]
    return text + table(["threshold", "times its value is best", "recall less false alarms, now and there",
                         "networks it would set right, wrong", "of the half held back"], rows)


def tables(members):
    chosen_on = [member for member in members if member["member"] % 2 == 0]
    held_back = [member for member in members if member["member"] % 2 == 1]
    sick = sum(map(is_sick, members))
    training, judging = sum(m["training_seconds"] for m in members), sum(m["check"]["seconds"] for m in members)
    text = (f"{len(members)} networks, {sick} sick and {len(members) - sick} fine; of the half that is held back "
            f"({len(held_back)}), {sum(map(is_sick, held_back))} sick. Judging all took {judging / 60:.0f} minutes "
            f"(median {median([m['check']['seconds'] for m in members]):.1f} s), training them {training / 60:.0f}, on one "
            f"thread of a busy machine.\n\n")
    text += table(["verdict", "networks", "of these sick", "median of the way"],
                  [[word.upper(), len(those), sum(map(is_sick, those)),
                    f"{median([progress(m) for m in those]):.2f}" if those else "-"]
                   for word in ("critical", "watch", "unknown", "healthy")
                   for those in [[m for m in held_back if verdict(m) == word]]])
    rows = [["CRITICAL", *judged(held_back, lambda m: verdict(m) == "critical"), ""],
            ["CRITICAL or WATCH", *judged(held_back, lambda m: verdict(m) in ("critical", "watch")),
             f"{area_under_curve(held_back, severity_score):.2f}"]]
    for name, score in BASELINES.items():
        threshold = best_threshold(chosen_on, score)
        rows.append([name, *judged(held_back, lambda m, s=score, t=threshold: s(m) >= t),
                     f"{area_under_curve(held_back, score):.2f}"])
    text += table(["called sick by", "precision", "recall", "false alarms", "area under ROC"], rows)
    text += table(["rule", "networks", "as first cause", "of these sick (precision)", "median of the way",
                   "share of the sick that have it (recall)", "area under ROC"], rule_rows(held_back))
    return text + thresholds_text(chosen_on, held_back)


def page_with(page, text):
    begin, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    return page[:begin] + "\n" + text + page[end:]


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    page_file, kept, *new = sys.argv[1:]
    members = read([kept, *new] if os.path.exists(kept) else new)
    if new:
        with open(kept, "w", encoding="utf-8") as lines:
            lines.writelines(json.dumps(member) + "\n" for member in members)
    with open(page_file, encoding="utf-8") as file:
        page = file.read()
    made = page_with(page, tables(members))
    if new or os.environ.get("SHATTERPROOF_WRITE_PAGES") == "1":
        with open(page_file, "w", encoding="utf-8") as file:
            file.write(made)
    elif made != page:
        sys.exit(f"{page_file}: its tables are not those of {kept}")


main()
