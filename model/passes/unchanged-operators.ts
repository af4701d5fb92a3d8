/**
 * Operators that sets after 10 only extend to more types, or with attributes whose default is the old meaning. Those that came
 * later have not changed their meaning since.
 */
export const unchangedOperators: readonly string[] = [
  'Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool Cast CastLike Ceil Celu Concat Constant',
  'ConstantOfShape Conv ConvTranspose Cos Cosh DepthToSpace Div Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor Gather',
  'GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish',
  'Identity InstanceNormalization IsInf IsNaN LRN LayerNormalization LeakyRelu Less LessOrEqual Log LpNormalization LpPool',
  'MatMul Max MaxPool Mean MeanVarianceNormalization Min Mish Mod Mul Neg NonZero Not Or PRelu Pow Range Reciprocal Relu',
  'Reshape Round Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softplus Softsign SpaceToDepth Sqrt Sub Sum Tan Tanh',
  'ThresholdedRelu Tile TopK Transpose Trilu Where Xor',
].flatMap((line) => line.split(' '));
