"""Made-up machines for the launcher: their python3, apt-get, sudo, id and uname write down what they are asked."""

import shutil
import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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
        for name in ("c++", "ffprobe", "chromium", "firefox-esr", "gifsicle"):
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


def only_line(run: subprocess.CompletedProcess) -> str:
    """The one line that a failure says on stderr; nothing else may be printed."""
    assert run.returncode == 1
    assert run.stdout == ""
    lines = run.stderr.splitlines()
    assert len(lines) == 1, run.stderr
    assert lines[0].startswith("clearhead: ")
    return lines[0]
