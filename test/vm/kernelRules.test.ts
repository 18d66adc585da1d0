import { testKernelRules } from './kernelRules';

testKernelRules('qemu');
