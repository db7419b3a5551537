# SPDX-License-Identifier: Apache-2.0
# pylint: disable=unused-import
from harness.metrics import environment, metrics
