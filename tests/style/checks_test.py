# SPDX-License-Identifier: Apache-2.0
"""Each check of tools/ finds a bad sample and lets a good one pass."""

import os
import subprocess
import sys
import tempfile
import unittest

TOOLS = sys.argv.pop(1)
LICENCE = "// SPDX-License-Identifier: Apache-2.0\n"


def run(check, tree):
    """Exit code and output of a check on a tree given as {path: text}."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            path = os.path.join(root, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        done = subprocess.run([sys.executable, os.path.join(TOOLS, check), root], capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr


class Checks(unittest.TestCase):
    def passes(self, check, tree):
        code, output = run(check, tree)
        self.assertEqual(code, 0, output)

    def complains(self, check, tree, about):
        code, output = run(check, tree)
        self.assertEqual(code, 1, output)
        self.assertIn(about, output)

    def test_includes_follow_the_table(self):
        self.passes("check_includes", {
            "include/shatterproof/measure/a.h": '#include <vector>\n#include "shatterproof/run/tap.h"\n',
            "src/measure/a.cpp": '#include <fmt/format.h>\n#include "shatterproof/measure/a.h"\n#include "measure/b.h"\n',
            "cli/main.cpp": '#include <CLI/CLI.hpp>\n#include "cli/options.h"\n#include "shatterproof/run/tap.h"\n'})

    def test_measure_never_sees_a_network(self):
        self.complains("check_includes", {"src/measure/a.cpp": '#include "shatterproof/network/network.h"\n'},
                       'measure may not include "shatterproof/network/network.h"')
        self.complains("check_includes", {"src/measure/a.cpp": '#include "shatterproof/run/execution.h"\n'},
                       "measure may not include")

    def test_diagnose_sees_the_layers_only(self):
        self.passes("check_includes", {"src/diagnose/a.cpp": '#include "shatterproof/network/layer.h"\n'})
        self.complains("check_includes", {"src/diagnose/a.cpp": '#include "shatterproof/network/network.h"\n'},
                       "diagnose may not include")

    def test_theory_stands_alone(self):
        self.complains("check_includes", {"src/theory/a.cpp": '#include "shatterproof/run/tap.h"\n'}, "theory may not")
        self.complains("check_includes", {"src/theory/a.cpp": "#include <ATen/ATen.h>\n"}, "theory shares no code")

    def test_public_headers_show_nothing_private_or_foreign(self):
        self.complains("check_includes", {"include/shatterproof/run/a.h": "#include <fmt/format.h>\n"}, "public header")
        self.complains("check_includes", {"include/shatterproof/run/a.h": '#include "run/plan.h"\n'}, "public header")

    def test_the_command_line_sees_public_headers_only(self):
        self.complains("check_includes", {"cli/a.cpp": '#include "network/operators/pool.h"\n'}, "only public headers")

    def test_a_new_folder_needs_a_row(self):
        self.complains("check_includes", {"src/elsewhere/a.cpp": "\n"}, "is not in the table")

    def test_budgets(self):
        self.passes("check_budgets", {"include/shatterproof/core/a.h": "\n" * 200, "src/core/a.cpp": "\n" * 350})
        self.complains("check_budgets", {"include/shatterproof/core/a.h": "\n" * 201}, "201 lines, budget 200")
        self.complains("check_budgets", {"src/core/a.cpp": "\n" * 351}, "351 lines, budget 350")
        self.complains("check_budgets", {"tests/core/a_test.cpp": "\n" * 351}, "351 lines, budget 350")
        self.complains("check_budgets", {"cli/main.cpp": "\n" * 251}, "251 lines, budget 250")
        self.complains("check_budgets", {"README.md": "\n" * 151}, "151 lines, budget 150")

    def test_words(self):
        self.passes("check_words", {"src/core/a.cpp": LICENCE + '// a helper\nauto text = "info";\nint depth = at::Process;\n'})
        self.complains("check_words", {"src/core/string_utils.h": LICENCE}, "file's name says nothing")
        self.complains("check_words", {"src/core/a.cpp": LICENCE + "struct TapManager {};\n"}, "'TapManager' says nothing")
        self.complains("check_words", {"src/core/a.cpp": LICENCE + "void do_work();\n"}, "'do_work' says nothing")
        self.complains("check_words", {"src/core/a.cpp": "int depth;\n"}, "licence line")
        self.complains("check_words", {"src/core/a.cpp": LICENCE + "// TODO later\n"}, "unfinished work")
        self.complains("check_words", {"docs/a.md": "see /home/somebody/data\n"}, "a path of one machine")

    def test_links_lead_somewhere(self):
        self.passes("check_docs", {"README.md": "[a](docs/a.md#part) [b](https://example.org)\n", "docs/a.md": "\n"})
        self.complains("check_docs", {"docs/a.md": "[b](b.md)\n"}, "links to b.md")

    def test_format(self):
        code, output = run("check_format", {".clang-format": "BasedOnStyle: Google\n", "src/a.cpp": "int  depth ;\n"})
        if code == 77:
            self.skipTest(output)
        self.assertEqual(code, 1, output)
        self.assertIn("not formatted", output)
        self.passes("check_format", {".clang-format": "BasedOnStyle: Google\n", "src/a.cpp": "int depth;\n"})


if __name__ == "__main__":
    unittest.main()
