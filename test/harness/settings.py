# SPDX-License-Identifier: Apache-2.0
"""The one place that knows how settings are handed to `sluice serve`: key `mysql.port` as flag `--mysql-port`."""


def flags(settings: dict) -> list:
    """{"data_dir": d, "mysql.port": 1, "plan_cache.enabled": False} -> ["--data-dir=d", "--mysql-port=1", ...]"""
    out = []
    for key, value in settings.items():
        if value is None:
            continue
        if isinstance(value, bool):
            value = "true" if value else "false"
        if isinstance(value, (list, tuple)):
            value = ",".join(map(str, value))
        out.append(f"--{key.replace('.', '-').replace('_', '-')}={value}")
    return out


def process_environment(environment) -> dict:
    """Without the variables of the tests, which the server would take for misspelt settings."""
    kept = ("SLUICE_FAILPOINTS",)
    return {name: value for name, value in environment.items() if not name.startswith("SLUICE_") or name in kept}
