# SPDX-License-Identifier: GPL-2.0-only
"""Whether the victim's loop runs later than it has to. On a machine whose time is the host's that cannot be told: with
more CPUs than the host has, its scheduler decides. So it is judged on those whose time is a count of
instructions: Bochs, and QEMU with -icount. There a window of time is compared with another one of the same
victim, in which all other CPUs compute and do no harm. It is later if the median of its runs, or the limit that
90 % or 99 % of them keep, is more than MARGIN times that of the other and a grain. The grains are coarse because
QEMU's CPUs take turns in one thread of the host: on the bare machine, too, three neighbours that compute can make
every run late by 128 to 256 us, or none, as their turns happen to fall.

What stands out is tried again, beside a new window of the other kind each time, and is late only if it
always is.

Windows are histograms as the victim counts them: less than 1 us, 2, 4, 8 ..."""
MARGIN, PAIRS = 2, 4
GRAINS_US = {0.5: 250, 0.9: 500, 0.99: 1000}


def limit(window, share):
    """The time in us that a share of the runs keeps, interpolated inside of its bucket."""
    wanted, seen = sum(window) * share, 0
    for bucket, count in enumerate(window):
        if seen + count >= wanted and count:
            low, high = 2 ** bucket // 2, 2 ** bucket
            return low + (high - low) * (wanted - seen) / count
        seen += count
    raise ValueError(f"no runs: {window}")


def is_later(window, other):
    return any(limit(window, share) > grain + MARGIN * limit(other, share)
               for share, grain in GRAINS_US.items())


def words(window):
    return ", ".join(f"{share:.0%} within {limit(window, share):.0f} us" for share in GRAINS_US)


def verdict(pairs):
    """pairs: makes (window, other). In words by what the first is later; empty if it is not always."""
    for _ in range(PAIRS):
        window, other = next(pairs)
        if not is_later(window, other):
            return ""
    return f"late: {words(window)} instead of {words(other)}"


def quiet_window(partition, victim, neighbour, seconds=1):
    """The victim's window where everybody else computes: Linux, and a program in the neighbour's cell, if
    there is one."""
    machine = partition.machine
    victim.look()
    machine.check("for i in 1 2; do sh -c 'while :; do :; done' > /dev/null 2>&1 & echo $!; done "
                  "> /tmp/computing")
    if neighbour:
        partition.run_inmate(neighbour, "spin")
    machine.check(f"sleep {seconds}")
    if neighbour:
        partition.must(f"cell shutdown {neighbour}")
    machine.check("kill $(cat /tmp/computing)")
    return victim.look().lateness()


def known_window(partition, victim, neighbour):
    """The machine's first one."""
    known = vars(partition.machine).setdefault("quiet", {})
    if neighbour not in known:
        known[neighbour] = quiet_window(partition, victim, neighbour)
    return known[neighbour]


def judge(partition, victim, window, again, neighbour="attacker"):
    """The window of something that was done once and can be done again, which makes another window:
    was the victim late? In words; empty if not, or if the machine cannot tell."""
    if "counted" not in partition.machine.config.features:
        return ""

    def pairs():
        yield window, known_window(partition, victim, neighbour)
        while True:
            other = quiet_window(partition, victim, neighbour)
            yield again(), other

    return verdict(pairs())
