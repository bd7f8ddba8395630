"""The launcher's first start, and those that went wrong."""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.launcher.machine import PYTHON, SUDO, Machine, only_line

# ---- the first start -------------------------------------------------------------------------


def test_first_start_makes_the_venv_installs_torch_first_and_runs(machine):
    run = machine.start("render", "attention", "--text", "a  b\n$c")
    assert run.returncode == 0, run.stderr
    assert run.stdout == f"{machine.folder}|render|attention|--text|a  b\n$c|"
    venv, torch, rest = machine.log
    assert venv == "venv"
    assert torch == f"pip {machine.root}/constraints.txt torch"
    assert rest == f"pip {machine.root}/constraints.txt --editable {machine.root}[preview,test]"


def test_missing_system_packages_are_installed_as_root(machine):
    machine.switch("no-cairo")
    machine.switch("no-venv")
    assert machine.start().returncode == 0
    assert machine.log[0] == "apt-get update noninteractive"
    assert machine.log[1] == (
        "apt-get install -y --no-install-recommends python3.11-dev python3.11-venv libcairo2-dev libpango1.0-dev "
        "pkg-config noninteractive"
    )


def test_nothing_is_asked_of_apt_when_all_is_there(machine):
    machine.without("apt-get")
    assert machine.start().returncode == 0


def test_apt_gets_a_second_chance(machine):
    machine.switch("no-cairo")
    machine.switch("apt-fails-once")
    machine.says("sleep", "")
    assert machine.start().returncode == 0
    assert [line for line in machine.log if "update" in line] == ["apt-get update noninteractive"] * 2


def test_apt_that_keeps_failing_is_named(machine):
    machine.switch("no-cairo")
    machine.switch("apt-fails")
    machine.says("sleep", "")
    run = machine.start()
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].endswith("apt-get install -y libcairo2-dev libpango1.0-dev pkg-config")
    assert "venv" not in machine.log


def test_sudo_is_used_where_the_user_is_not_root(machine):
    machine.says("id", "1000")
    machine.program("sudo", SUDO)
    machine.switch("no-cairo")
    assert machine.start().returncode == 0
    assert machine.log[:3] == ["sudo true", "sudo env", "apt-get update noninteractive"]


def test_without_root_and_sudo_it_says_what_to_run(machine):
    machine.says("id", "1000")
    machine.switch("no-cairo")
    line = only_line(machine.start())
    assert line.endswith("Run as root, then start again: apt-get install -y libcairo2-dev libpango1.0-dev pkg-config")
    assert machine.log == []


def test_without_apt_it_says_what_to_install(machine):
    machine.without("apt-get")
    machine.switch("no-cairo")
    assert "libcairo2-dev libpango1.0-dev pkg-config" in only_line(machine.start())


def test_macos_names_homebrew(machine):
    machine.says("uname", "Darwin")
    machine.without("apt-get", "flock")
    machine.switch("no-cairo")
    assert only_line(machine.start()).endswith("Run: brew install cairo pango pkg-config python@3.12")


def test_macos_with_everything_there_starts_without_flock(machine):
    machine.says("uname", "Darwin")
    machine.without("apt-get", "flock")
    assert machine.start("list").stdout.endswith("|list|")


def test_macos_without_a_compiler_names_xcode(machine):
    machine.says("uname", "Darwin")
    machine.without("c++")
    assert only_line(machine.start()).endswith("xcode-select --install")


def test_an_old_python_is_refused(machine):
    machine.switch("old-python")
    run = machine.start()
    assert run.returncode == 1
    assert "no Python 3.11 or newer" in run.stderr.splitlines()[-1]
    assert "apt-get install -y --no-install-recommends python3 python3-dev python3-venv noninteractive" in machine.log


def test_a_newer_python_beside_an_old_one_is_found(machine):
    new = machine.path / "python3.12"
    new.write_text(PYTHON)
    new.chmod(0o755)
    machine.program("python3", "#!/usr/bin/env bash\nexit 1\n")
    assert machine.start().returncode == 0


def test_a_chosen_python_is_checked(machine):
    assert "nowhere" in only_line(machine.start(CLEARHEAD_PYTHON="/nowhere/python3"))


def test_a_torch_index_is_asked_for_torch_alone(machine):
    index = "file:///wheels"
    assert machine.start(CLEARHEAD_TORCH_INDEX=index).returncode == 0
    _, torch, rest = machine.log
    assert f"--extra-index-url {index} torch" in torch
    assert index not in rest


def test_a_cuda_build_is_announced(machine):
    machine.switch("cuda")
    assert "set CLEARHEAD_TORCH_INDEX" in machine.start().stderr


def test_a_failure_of_pip_is_told_and_made_good_by_the_next_start(machine):
    offline = machine.switch("no-network")
    run = machine.start()
    assert run.returncode == 1
    assert "could not install torch" in run.stderr.splitlines()[-1]
    offline.unlink()
    assert machine.start("list").stdout.endswith("|list|")


def test_a_folder_without_write_permission_is_named():
    with tempfile.TemporaryDirectory() as folder:  # not tmp_path: only its owner may look into that
        machine = Machine(Path(folder))
        machine.folder.chmod(0o755)
        machine.root.chmod(0o555)
        somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        run = subprocess.run(
            [*somebody, *machine.command()],
            env=machine.environment | {"PATH": f"{machine.path}:{os.environ['PATH']}"}, capture_output=True, text=True,
        )  # fmt: skip
        machine.root.chmod(0o755)
    assert "no permission to write" in only_line(run)


@pytest.mark.parametrize("name", ["10:30", "Anna's", "$x", 'so-called "work"', "a\\b", "a`b"])
def test_a_folder_in_which_venv_pip_or_meson_fail_is_named_before_anything_is_installed(tmp_path, name):
    machine = Machine(tmp_path / name)
    assert "in its path" in only_line(machine.start())
    assert machine.log == []


def test_what_steers_other_pythons_and_pips_is_left_out(machine):
    """A lab's PYTHONPATH, a cluster's PIP_USER, a notebook's interactive Python: none of them reaches ours."""
    steering = ("PYTHONPATH", "PYTHONHOME", "PYTHONINSPECT", "PYTHONWARNINGS", "PIP_TARGET", "PIP_PREFIX")
    spy = f'for name in {" ".join(steering)} PIP_USER; do echo "$name=${{!name-}}"; done >>"$MACHINE/seen"\n'
    machine.program("python3", PYTHON.replace("log=$MACHINE/log\n", "log=$MACHINE/log\n" + spy))
    assert machine.start("list", **dict.fromkeys(steering, "/lab"), PIP_USER="1").returncode == 0
    seen = (machine.folder / "seen").read_text().splitlines()
    assert "PIP_USER=0" in seen and not [line for line in seen if line.endswith("=/lab")]


def test_a_conda_environment_that_lacks_libraries_makes_room_for_the_systems(machine):
    conda = machine.folder / "conda"
    (conda / "bin").mkdir(parents=True)
    (conda / "bin/pkg-config").write_text("#!/usr/bin/env bash\nexit 1\n")
    (conda / "bin/pkg-config").chmod(0o755)
    run = machine.start("list", CONDA_PREFIX=str(conda), PATH=f"{conda}/bin:{machine.path}:{conda}/condabin")
    assert run.returncode == 0 and "conda environment lacks libcairo2-dev" in run.stderr
    assert not [line for line in machine.log if line.startswith("apt-get")]


@pytest.mark.parametrize("shell", ["sh", "dash"])
def test_another_shell_hands_over_to_bash(machine, shell):
    run = subprocess.run([shutil.which(shell), str(machine.root / "clearhead"), "list"], cwd=machine.folder,
        env=machine.environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)  # fmt: skip
    assert run.stdout == f"{machine.folder}|list|", run.stderr


# ---- interruptions and company ---------------------------------------------------------------


def test_a_killed_set_up_is_started_over(machine):
    slow = machine.switch("slow-pip", "30")
    run = machine.begin()
    machine.wait_for_log("torch")
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    slow.unlink()
    (machine.root / ".venv" / "half a file").touch()
    again = machine.start("list")
    assert "interrupted; starting over" in again.stderr
    assert again.stdout.endswith("|list|")
    assert not (machine.root / ".venv" / "half a file").exists()
    assert machine.log.count("venv") == 2


def test_ctrl_c_stops_the_set_up_and_leaves_it_to_be_redone(machine):
    slow = machine.switch("slow-pip", "30")
    run = machine.begin()
    machine.wait_for_log("torch")
    os.killpg(run.pid, signal.SIGINT)
    run.communicate(timeout=10)
    assert run.returncode in (130, -signal.SIGINT)
    assert len(machine.log) == 2
    slow.unlink()
    assert "starting over" in machine.start().stderr


def test_a_killed_update_is_redone_even_if_the_change_was_taken_back(ready):
    before = (ready.root / "constraints.txt").read_text()
    (ready.root / "constraints.txt").write_text(before + "# changed\n")
    slow = ready.switch("slow-pip", "30")
    run = ready.begin()
    ready.wait_for_log("torch")
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    slow.unlink()
    (ready.root / "constraints.txt").write_text(before)
    assert "interrupted; starting over" in ready.start().stderr


def test_two_first_starts_install_once(machine):
    machine.switch("slow-pip", "0.5")
    first = machine.begin("one")
    machine.wait_for_log("torch")
    second = machine.begin("two")
    for run, word in ((first, "one"), (second, "two")):
        out, err = run.communicate(timeout=30)
        assert run.returncode == 0, err
        assert out.endswith(f"|{word}|")
    assert "waiting" in err
    assert len(machine.log) == 3
