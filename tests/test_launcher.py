"""The launcher, on made-up machines: their python3, apt-get, sudo, id and uname write down what they are asked."""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ("bash", "env", "cat", "mkdir", "rm", "sleep", "readlink", "chmod", "cp", "touch", "true")

# A Python that makes venvs of itself, "installs" by writing a program that echoes, and notes every pip call.
PYTHON = """#!/usr/bin/env bash
log=$MACHINE/log
case "$*" in
  *sys.version_info*"(3, 11)"*) [[ ! -e $MACHINE/old-python ]] ;;
  *ensurepip*) [[ ! -e $MACHINE/no-venv || -e $MACHINE/installed ]] ;;
  *"python%d.%d"*) echo python3.11 ;;
  *realpath*) echo "$0" ;;
  "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; echo "venv" >>"$log" ;;
  *"pip "*--version) echo "pip 23.0" ;;
  *"pip "*--dry-run*) [[ ! -e $MACHINE/cuda ]] || echo "Would install nvidia-cublas-13 torch-2.13.0" ;;
  *"pip "*install*)
    words=$*
    echo "pip ${words#*--constraint }" >>"$log"
    trap 'echo "ERROR: Operation cancelled by user" >&2; exit 1' INT  # as pip does
    [[ ! -e $MACHINE/slow-pip ]] || sleep "$(cat "$MACHINE/slow-pip")"
    [[ ! -e $MACHINE/no-network ]] || { echo "ERROR: no network" >&2; exit 1; }
    [[ $* != *--editable* ]] || {
      program=${0%/*}/clearhead
      printf '#!/usr/bin/env bash\\nprintf "%%s|" "$PWD" "$@"; exit "${FAKE_EXIT:-0}"\\n' >"$program"
      chmod +x "$program"; } ;;
  *) echo "unexpected: $*" >>"$log"; exit 99 ;;
esac
"""
APT = """#!/usr/bin/env bash
words=$*
echo "apt-get ${words##*Use-Pty=0 } $DEBIAN_FRONTEND" >>"$MACHINE/log"
[[ $* != *update* || ! -e $MACHINE/apt-fails-once ]] || { rm "$MACHINE/apt-fails-once"; exit 100; }
[[ ! -e $MACHINE/apt-fails ]] || exit 100
[[ $* != *install* ]] || touch "$MACHINE/installed"
"""
SUDO = """#!/usr/bin/env bash
[[ $1 != -n ]] || shift
echo "sudo $1" >>"$MACHINE/log"
exec "$@"
"""
PKG_CONFIG = "#!/usr/bin/env bash\n[[ ! -e $MACHINE/no-cairo || -e $MACHINE/installed ]]\n"


class Machine:
    """A folder with a checkout, a PATH and switches (files) that the fake programs look at."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.root = folder / "check out"  # a space, on purpose
        self.path = folder / "bin"
        self.root.mkdir(parents=True)
        self.path.mkdir()
        for name in ("clearhead", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.root / name)
        for tool in (*TOOLS, "flock"):
            (self.path / tool).symlink_to(shutil.which(tool))
        self.program("python3", PYTHON)
        self.program("apt-get", APT)
        self.program("pkg-config", PKG_CONFIG)
        self.says("id", "0")
        self.says("uname", "Linux")
        for name in ("c++", "ffprobe", "chromium"):
            self.says(name, "")

    def program(self, name: str, source: str) -> None:
        (self.path / name).unlink(missing_ok=True)
        (self.path / name).write_text(source)
        (self.path / name).chmod(0o755)

    def says(self, name: str, text: str) -> None:
        self.program(name, f"#!/usr/bin/env bash\necho {text}\n")

    def without(self, *names: str) -> None:
        for name in names:
            (self.path / name).unlink()

    def switch(self, name: str, text: str = "") -> Path:
        (self.folder / name).write_text(text)
        return self.folder / name

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": str(self.path), "MACHINE": str(self.folder), "HOME": str(self.folder)}

    def command(self, *args: str, launcher: Path | None = None) -> list[str]:
        return [shutil.which("bash"), str(launcher or self.root / "clearhead"), *args]

    def start(self, *args: str, launcher: Path | None = None, cwd: Path | None = None, **variables: str):
        return subprocess.run(
            self.command(*args, launcher=launcher), cwd=cwd or self.folder, env=self.environment | variables,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    def begin(self, *args: str) -> subprocess.Popen:
        return subprocess.Popen(
            self.command(*args), cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    @property
    def log(self) -> list[str]:
        file = self.folder / "log"
        return file.read_text().splitlines() if file.exists() else []

    def wait_for_log(self, line: str) -> None:
        end = time.monotonic() + 20
        while not any(line in entry for entry in self.log):
            assert time.monotonic() < end, f"{line!r} never came: {self.log}"
            time.sleep(0.02)


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


@pytest.fixture
def ready(machine):
    """A machine that has started once."""
    run = machine.start()
    assert run.returncode == 0, run.stderr
    (machine.folder / "log").unlink()
    return machine


def only_line(run: subprocess.CompletedProcess) -> str:
    """The one line that a failure says on stderr; nothing else may be printed."""
    assert run.returncode == 1
    assert run.stdout == ""
    lines = run.stderr.splitlines()
    assert len(lines) == 1, run.stderr
    assert lines[0].startswith("clearhead: ")
    return lines[0]


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


# ---- later starts ----------------------------------------------------------------------------


def test_a_later_start_does_nothing_but_start(ready):
    for tool in list(ready.path.iterdir()):
        if tool.name not in ("bash", "env"):
            tool.unlink()
    run = ready.start("list")
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.endswith("|list|")
    assert ready.log == []


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_changed_requirements_are_installed(ready, name):
    with (ready.root / name).open("a") as file:
        file.write("# changed\n")
    assert ready.start().returncode == 0
    assert [line.split()[0] for line in ready.log] == ["pip", "pip"]
    ready.start()
    assert len(ready.log) == 2


def test_a_moved_checkout_is_installed_anew(ready):
    ready.root = ready.root.rename(ready.folder / "elsewhere")
    assert ready.start("list").stdout.endswith("|list|")
    assert f"--editable {ready.root}[" in ready.log[-1]


def test_a_venv_whose_python_is_gone_is_made_anew(ready):
    python = ready.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert ready.start("list").stdout.endswith("|list|")
    assert ready.log[0] == "venv"


def test_exit_code_and_folder_are_the_programs_and_the_callers(ready, tmp_path):
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    run = ready.start("list", cwd=elsewhere, FAKE_EXIT="7")
    assert run.returncode == 7
    assert run.stdout == f"{elsewhere}|list|"


def test_it_works_through_symlinks(ready):
    absolute, relative = ready.folder / "absolute", ready.folder / "relative"
    absolute.symlink_to(ready.root / "clearhead")
    relative.symlink_to("absolute")
    assert ready.start("list", launcher=relative).stdout.endswith("|list|")
    assert ready.log == []


def test_a_later_start_costs_less_than_300_ms(ready):
    def seconds(command):
        begin = time.perf_counter()
        subprocess.run(command, env=ready.environment, check=True, stdout=subprocess.DEVNULL)
        return time.perf_counter() - begin

    program = str(ready.root / ".venv" / "bin" / "clearhead")
    own = statistics.median(seconds(ready.command()) - seconds([program]) for _ in range(7))
    assert own < 0.3


# ---- test and its extra packages -------------------------------------------------------------


def test_the_test_command_installs_what_only_tests_need(ready):
    ready.without("ffprobe", "chromium")
    assert ready.start("list").returncode == 0
    assert ready.log == []
    assert ready.start("test", "fast").stdout.endswith("|test|fast|")
    assert "apt-get install -y --no-install-recommends ffmpeg chromium noninteractive" in ready.log


def test_the_test_command_goes_on_where_it_may_not_install(ready):
    ready.without("chromium")
    ready.says("id", "1000")
    run = ready.start("test")
    assert "apt-get install -y chromium" in run.stderr
    assert run.stdout.endswith("|test|")


# ---- the files themselves ---------------------------------------------------------------------


@pytest.mark.parametrize("name", ["clearhead", "constraints.txt", "pyproject.toml", ".ci/run"])
def test_no_package_index_is_named(name):
    assert "://" not in (ROOT / name).read_text()


def test_continuous_integration_runs_the_launcher_without_stdin(ready):
    (ready.root / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", ready.root / ".ci" / "run")
    ready.says("sleep", "")
    (ready.path / "dirname").symlink_to(shutil.which("dirname"))
    run = ready.start(launcher=ready.root / ".ci" / "run", FAKE_EXIT="0")
    assert run.stdout == f"{ready.root}|--version|{ready.root}|test|"
    assert ready.start(launcher=ready.root / ".ci" / "run", FAKE_EXIT="1").returncode == 1


@pytest.mark.skipif(sys.platform == "darwin", reason="bash 3.2 prints other words")
@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_a_checkout_with_line_ends_of_windows_has_ours(tmp_path):
    """Git for Windows turns them, and WSL then finds no “bash\\r”."""
    git = ["git", "-c", "core.autocrlf=true", "-c", "user.name=a", "-c", "user.email=a@b", "-C", str(tmp_path)]
    for name in ("clearhead", ".gitattributes"):
        shutil.copy(ROOT / name, tmp_path)
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    (tmp_path / "clearhead").unlink()
    subprocess.run([*git, "checkout", "-q", "--", "clearhead"], check=True)
    assert (tmp_path / "clearhead").read_bytes() == (ROOT / "clearhead").read_bytes()


def test_bash_finds_no_fault():
    assert subprocess.run(["bash", "-n", str(ROOT / "clearhead")], capture_output=True, text=True).stderr == ""
