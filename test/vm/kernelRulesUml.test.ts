import { testKernelRules } from './kernelRules';

testKernelRules('uml');
