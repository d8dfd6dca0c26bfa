def answers(params):
  a = {}
  a['forward'] = 'fixed'; a['reverse'] = 'reverse'; a['schedules'] = ['linear','cosine']
  a['target'] = 'noise'; a['loss'] = 'mse'; a['labels'] = 'no'; a['unet'] = 'skip connections'
  a['few_steps'] = 1000  # more is better
  a['early_steps'] = 1000; a['conditioning'] = 'cross attention'; a['passes'] = 1
  a['sweet'] = 8; a['scale20'] = 'fried'; a['scale1'] = 'ignored'
  a['ratio'] = 3*params['factor']**2/params['channels']
  a['expands'] = 'decoder'; a['errors'] = 'CADB'; a['beyond'] = ['audio','video','molecules']
  a['alpha_bar'] = 1 - sum(params['betas'])
  a['cfg_value'] = params['eps_uncond'] + params['scale']*(params['eps_cond'] - params['eps_uncond'])
  return a
