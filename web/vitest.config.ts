// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from "vitest/config";

// Pages are drawn and opened for real: a busy machine takes its time.
export default defineConfig({ test: { testTimeout: 120_000, hookTimeout: 120_000 } });
