import { testHarness } from './harness';

testHarness('uml');
