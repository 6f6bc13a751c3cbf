import { describe, expect, it } from 'vitest'
import { foldBinary, foldUnary, isNeutral } from './fold.ts'

describe('foldUnary', () => {
  it.each([
    ['Neg', 2.5, -2.5],
    ['Abs', -2.5, 2.5],
    ['Exp', 1, Math.E],
    ['Log', Math.E, 1],
    ['Sqrt', 9, 3],
    ['Reciprocal', 4, 0.25],
    ['Relu', -3, 0],
    ['Relu', 3, 3],
    ['Tanh', 0.5, Math.tanh(0.5)],
    ['Floor', -1.5, -2],
    ['Ceil', -1.5, -1],
    ['Not', 0, 1],
    ['Not', 3, 0],
  ])('%s of %d', (op, x, expected) => {
    expect(foldUnary(op, x, {})).toBe(expected)
  })

  it('leaves NaN what it is, and alone what it does not know', () => {
    for (const op of ['Neg', 'Relu', 'Exp', 'Floor'])
      expect(foldUnary(op, Number.NaN, {})).toBeNaN()
    expect(foldUnary('Erf', 1, {})).toBeUndefined()
    // An operator with settings may be another function.
    expect(foldUnary('Relu', 1, { alpha: { type: 'float', value: 0.1 } as never })).toBeUndefined()
  })
})

describe('foldBinary', () => {
  it.each([
    ['Add', 1.5, 2, 3.5],
    ['Sub', 1.5, 2, -0.5],
    ['Mul', 1.5, -2, -3],
    ['Max', 1.5, -2, 1.5],
    ['Min', 1.5, -2, -2],
    ['Div', 3, 2, 1.5],
  ])('%s of %d and %d', (op, a, b, expected) => {
    expect(foldBinary(op, a, b, 'float32')).toBe(expected)
  })

  it.each([
    ['Equal', [0, 1, 0]],
    ['Less', [1, 0, 0]],
    ['LessOrEqual', [1, 1, 0]],
    ['Greater', [0, 0, 1]],
    ['GreaterOrEqual', [0, 1, 1]],
  ])('%s of 1 and 2, 2 and 2, 3 and 2; with NaN never', (op, expected) => {
    expect([1, 2, 3].map((a) => foldBinary(op, a, 2, 'bool'))).toEqual(expected)
    expect(foldBinary(op, Number.NaN, 2, 'bool')).toBe(0)
  })

  it('And and Or take any number but zero for true', () => {
    const pairs = [
      [0, 0],
      [0, 3],
      [3, 0],
      [3, -1],
    ] as const
    expect(pairs.map(([a, b]) => foldBinary('And', a, b, 'bool'))).toEqual([0, 0, 0, 1])
    expect(pairs.map(([a, b]) => foldBinary('Or', a, b, 'bool'))).toEqual([0, 1, 1, 1])
  })

  it('rounds as float32, wraps as int32, and leaves alone what is not exact', () => {
    expect(foldBinary('Add', 0.1, 0.2, 'float32')).toBe(Math.fround(0.1 + 0.2))
    expect(foldBinary('Div', 1, 3, 'float32')).toBe(Math.fround(1 / 3))
    expect(foldBinary('Add', 2 ** 31 - 1, 1, 'int32')).toBe(-(2 ** 31))
    expect(foldBinary('Mul', 2 ** 31 - 1, 2 ** 31 - 1, 'int32')).toBeUndefined()
    expect(foldBinary('Div', 7, 2, 'int32')).toBeUndefined()
    expect(foldBinary('Pow', 2, 3, 'float32')).toBeUndefined()
  })
})

describe('isNeutral', () => {
  it('knows what leaves the other operand as it is, on either side', () => {
    const neutral = ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Max'].flatMap((op) =>
      [0, 1, undefined].flatMap((fill) =>
        (['left', 'right'] as const).flatMap((side) =>
          isNeutral(op, fill, side) ? [`${op} ${fill} ${side}`] : [],
        ),
      ),
    )
    expect(neutral).toEqual([
      'Add 0 left',
      'Add 0 right',
      'Sub 0 right',
      'Mul 1 left',
      'Mul 1 right',
      'Div 1 right',
      'Pow 1 right',
    ])
  })
})
