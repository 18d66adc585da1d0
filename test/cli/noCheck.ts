import type { Surroundings } from '../../src/cli/runMpathctl';

/** For commands that check no disk. */
export const noCheck: Pick<Surroundings, 'checkSystem' | 'abandon'> = {
  checkSystem: () => {
    throw new Error('no check');
  },
  abandon: () => {
    throw new Error('not abandoned');
  },
};
