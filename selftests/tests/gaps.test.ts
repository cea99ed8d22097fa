// The table of gaps decides whether a skip is a failure, so it must not see gaps where there are none, nor miss one.

import { gaps } from '#gaps';
import { assert, type Feature, features, kernelConfig, runningKernel, test } from '#harness';

/** Gaps that this system has, of features that its kernel is new enough for. */
function gapsHere(isNewEnough: (feature: Feature) => boolean): string[] {
  const present = gaps.filter((gap) => gap.present() && isNewEnough(gap.feature));
  return [...new Set(present.map(({ feature }) => feature.name))].sort();
}

/** By their configurations: FUNCTION_ERROR_INJECTION is off in all, and before 6.2 fmod_ret has nothing else to attach to. */
const debian: Record<string, string[]> = {
  '5.10': ['fmod_ret', 'hardware PMU'],
  '6.1': ['fmod_ret', 'hardware PMU', 'kprobe multi link'],
  '6.12': ['hardware PMU'],
  '7.2': ['hardware PMU'],
};

const { major, minor, release } = runningKernel;
const expected = release.includes('-cloud-') ? debian[`${major}.${minor}`] : undefined;
if (expected !== undefined) {
  test('an emulated Debian cloud kernel has just the gaps that are known of it', (t) => {
    assert.deepEqual(
      gapsHere((feature) => t.atLeast(feature.since)),
      expected,
    );
  });
}

/** Features that hang on one option of the kernel's configuration alone. */
const options: [Feature, string][] = [
  [features.kprobe, 'CONFIG_KPROBES'],
  [features.kprobeMulti, 'CONFIG_FPROBE'],
  [features.uprobe, 'CONFIG_UPROBE_EVENTS'],
  [features.tracefs, 'CONFIG_TRACING'],
  [features.netkit, 'CONFIG_NETKIT'],
];

test(
  "the gaps agree with the kernel's configuration",
  (t) => {
    const config = kernelConfig() ?? '';
    const here = gapsHere(() => true);
    for (const [feature, option] of options) {
      if (!t.atLeast(feature.since)) continue;
      assert.equal(
        here.includes(feature.name),
        !config.includes(`\n${option}=y\n`),
        `${feature.name}, ${option}`,
      );
    }
  },
  { needs: [features.kernelConfig] },
);
