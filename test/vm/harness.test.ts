import { testHarness } from './harness';

testHarness('qemu');
