"""`inkdigits doctor`."""

from pathlib import Path

import click

from inkdigits.cli.text import columns


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[RUN|MODEL]...")
def doctor(paths: tuple[Path, ...]) -> int:
    """Say what is installed and what of this machine is used; check runs and networks.

    The exit code is 1 if something is damaged. Nothing is changed.
    """
    from inkdigits.doctor import examine, examine_path

    findings = [finding for path in paths for finding in examine_path(path)] if paths else examine()
    is_sound = True
    for what, found, sound in findings:
        is_sound &= sound
        click.echo(columns([(f"{what:<18}", found if sound else f"DAMAGED: {found}")]), nl=False)
    return 0 if is_sound else 1
