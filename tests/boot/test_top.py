"""top: a live view for a person, who ends it by a key; one picture for a script, which has none."""

from atoll.scenario import Command, Scenario

PROMPT = "\natoll> "
END = "any key ends it"


def scenarios():
    return [
        Scenario(name="top_is_drawn_again_until_a_key_ends_it",
                 why="The view would stand still, or never give the prompt back.",
                 nodes=2, cpus=2, mem="128M", timeout=30,
                 dialogue=[(PROMPT, "spin 2\r"), (PROMPT, "top\r"), (END, ""), (END, "q"),
                           (PROMPT, "spin 0\r"), ("2 stop", ""), (PROMPT, "poweroff\r")]),
        Scenario(name="top_in_a_script_is_one_picture",
                 why="A script would wait for ever for a key.",
                 nodes=2, cpus=2, mem="128M", timeout=30,
                 commands=[Command("top", [r"^ +0 +\d+%  0:1"], refuse=[END]),
                           Command("top -1", [r"^ +1 +\d+%  2:"], refuse=[END]),
                           Command("top -2", ["top: -2: write -1 for one picture"], fails=True)]),
    ]
