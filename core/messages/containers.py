"""Docker and WSL as places to train in."""

from core.messages.text import Text

MESSAGES: dict[str, Text] = {
    "path_not_in_target": Text(
        "{path} cannot be reached from a container or from WSL.",
        "Move it to a drive of this computer (such as C:), or train without them (hardware.target local).",
    ),
    "inside_package_missing": Text(
        "The image or the environment in WSL has no {package}.",
        "Install it there, or choose another one (hardware.docker_image, hardware.wsl_python).",
    ),
    "inside_package_unfit": Text(
        "{package} is {found} there; Tunesmith is tested with {wanted}.",
        "Should a step fail, take that version, for example by the image that .devcontainer/ makes.",
    ),
    "docker_missing": Text(
        "Docker is not installed.",
        "Install Docker Desktop (Windows) or Docker Engine (Linux), or set hardware.target to local.",
    ),
    "docker_not_running": Text(
        "Docker is installed, but its engine does not run.",
        "Start Docker Desktop and wait until it says that the engine runs; on Linux: sudo systemctl start docker.",
    ),
    "docker_permission": Text(
        "You may not use Docker's engine.",
        'Join the group docker ("sudo usermod -aG docker $USER") and sign in again; on Windows start Docker Desktop '
        "as the user that you are.",
    ),
    "docker_not_in_wsl": Text(
        "Docker Desktop does not serve this WSL distribution.",
        "Turn it on in Docker Desktop: Settings > Resources > WSL integration.",
    ),
    "docker_windows_containers": Text(
        "Docker runs Windows containers, in which nothing can be trained.",
        'Choose "Switch to Linux containers" in the menu of Docker Desktop\'s icon.',
    ),
    "docker_failed": Text("Docker did not answer as expected: {reason}", "Restart Docker, and try again."),
    "docker_image_empty": Text(
        "No Docker image is named to train in.",
        'Make ours with "docker build --tag tunesmith-runtime --file .devcontainer/Dockerfile ." in the folder of '
        "Tunesmith's sources, or take ms-swift's official one, {image} (not tried by us), and name it in "
        "hardware.docker_image.",
    ),
    "docker_image_missing": Text(
        "Docker cannot find the image.",
        "Check the name in hardware.docker_image, and the network; an image of your own is built before the run.",
    ),
    "docker_gpu_missing": Text(
        "Docker gives its containers no GPU.",
        "Install the NVIDIA Container Toolkit and restart Docker (Linux), or let Docker Desktop use WSL 2 with a "
        "current NVIDIA driver (Windows). Without a GPU set hardware.device to cpu.",
    ),
    "docker_mount_refused": Text(
        "Docker refuses to show a folder of this computer to the container.",
        "Allow it in Docker Desktop: Settings > Resources > File sharing; or move the project and the work folder.",
    ),
    "docker_program_missing": Text(
        "The image has no program {program}.",
        "Name an image with Python and ms-swift in hardware.docker_image.",
    ),
    "wsl_missing": Text(
        "WSL is not installed.",
        'Run "wsl --install" in a terminal as administrator, restart the computer, and run again.',
    ),
    "wsl_no_distribution": Text(
        "WSL has no such distribution.",
        'Install one with "wsl --install -d Ubuntu", open it once, and make an environment with ms-swift in it.',
    ),
    "wsl_distribution_unknown": Text(
        'WSL has no distribution "{name}"; it has: {known}',
        "Correct hardware.wsl_distribution; left empty it means the default one.",
    ),
    "wsl_version_1": Text(
        "{name} runs under WSL 1, which has no GPU.",
        'Run "wsl --set-version {name} 2".',
    ),
    "wsl_virtualization_off": Text(
        "WSL 2 cannot start, since virtualization is off.",
        "Turn it on in the computer's firmware (Intel VT-x, AMD-V or SVM), and the Windows feature Virtual Machine "
        "Platform.",
    ),
    "wsl_gpu_missing": Text(
        "{name} in WSL sees no NVIDIA GPU.",
        'Install a current NVIDIA driver on Windows (none inside WSL), run "wsl --update" and "wsl --shutdown", and '
        "try again. Without a GPU set hardware.device to cpu.",
    ),
    "wsl_python_unfit": Text(
        "{python} in WSL has no ms-swift: {reason}",
        "Make an environment there (python3 -m venv swift; swift/bin/pip install ms-swift), and name its "
        "interpreter by its whole path in hardware.wsl_python.",
    ),
    "wsl_failed": Text("WSL did not answer as expected: {reason}", 'Run "wsl --shutdown", and try again.'),
}
