"""Messages of Docker and WSL about the places where they should run something."""

from core.parsers.failures.pattern import failure

CONTAINER = (
    failure(
        "docker_image_missing",
        r"No such image: |Unable to find image '|pull access denied for "
        r"|manifest for .* not found|repository does not exist",
    ),
    failure(
        "docker_gpu_missing",
        r"could not select device driver .*\[\[gpu|nvidia-container-cli: |unresolvable CDI devices"
        r"|adapters were found: WSL",
    ),
    failure("docker_permission", r"permission denied while trying to connect to the Docker"),
    failure("docker_not_running", r"Cannot connect to the Docker daemon|error during connect:|docker_engine"),
    failure("docker_mount_refused", r"invalid mount config|Mounts denied|path is not shared from the host"),
    failure("docker_program_missing", r"exec: \"(?P<program>[^\"]+)\": .*not found"),
    failure("wsl_virtualization_off", r"0x80370102|HCS_E_HYPERV_NOT_INSTALLED|HCS_E_SERVICE_NOT_AVAILABLE"),
    failure("wsl_no_distribution", r"WSL_E_D(?:EFAULT_D)?ISTRO_NOT_FOUND"),
)
