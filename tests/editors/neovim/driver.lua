-- Does in Neovim (0.7 and later) what a person would do: the steps in the file $LAYERWISE_STEPS, one after the other.
-- What is seen at each of them goes to $LAYERWISE_SEEN; Neovim ends with 1 if something does not come.

local PATIENCE = 40000
local SEVERITIES = { 'error', 'warning', 'info', 'hint' }

local function wait_for(what, condition)
  if not vim.wait(PATIENCE, condition, 10) then
    error('waited in vain for ' .. what .. '\n' .. vim.inspect(vim.diagnostic.get(0)), 0)
  end
end

local function text_of(buffer)
  return table.concat(vim.api.nvim_buf_get_lines(buffer, 0, -1, false), '\n')
end

local function go_to(line)
  vim.api.nvim_win_set_cursor(0, { line, 0 })
end

local function floating_text()
  for _, window in ipairs(vim.api.nvim_list_wins()) do
    if vim.api.nvim_win_get_config(window).relative ~= '' then
      return text_of(vim.api.nvim_win_get_buf(window))
    end
  end
end

local steps = {}

function steps.findings(step)
  wait_for(step.count .. ' findings', function()
    return #vim.lsp.get_active_clients() > 0 and #vim.diagnostic.get(0) == step.count
  end)
  return vim.tbl_map(function(it)
    local marked = vim.api.nvim_buf_get_text(0, it.lnum, it.col, it.end_lnum, it.end_col, {})
    return {
      line = it.lnum + 1,
      marked = table.concat(marked, '\n'),
      severity = SEVERITIES[it.severity],
      message = it.message,
    }
  end, vim.diagnostic.get(0))
end

function steps.hover(step)
  go_to(step.line)
  vim.cmd('normal! $')
  vim.lsp.buf.hover()
  wait_for('the hover', floating_text)
  local text = floating_text()
  vim.cmd('normal! 0')
  return text
end

function steps.fix(step)
  local offered
  vim.ui.select = function(items, options, choose)
    offered = vim.tbl_map(options.format_item, items)
    for index, item in ipairs(items) do
      if vim.startswith(offered[index], step.title) then
        return choose(item, index)
      end
    end
  end
  local before = text_of(0)
  go_to(step.line)
  vim.lsp.buf.code_action()
  wait_for('code actions', function()
    return offered ~= nil
  end)
  wait_for('the fix "' .. step.title .. '" among ' .. vim.inspect(offered), function()
    return text_of(0) ~= before
  end)
  return offered
end

function steps.type(step)
  go_to(step.line)
  -- In bytes, as everything here.
  vim.api.nvim_win_set_cursor(0, { step.line, #step.behind - 1 })
  local keys = vim.api.nvim_replace_termcodes('<Right>C' .. step.text .. '<Esc>', true, false, true)
  vim.api.nvim_feedkeys(keys, 'tx', false)
  return text_of(0)
end

function steps.command(step)
  local before = text_of(0)
  vim.cmd(step.text)
  wait_for('what ' .. step.text .. ' does', function()
    return text_of(0) ~= before
  end)
  return text_of(0)
end

function steps.hints()
  wait_for('inlay hints', function()
    return #vim.lsp.inlay_hint.get() > 0
  end)
  return vim.tbl_map(function(it)
    return { line = it.inlay_hint.position.line + 1, label = it.inlay_hint.label }
  end, vim.lsp.inlay_hint.get())
end

function steps.save()
  vim.cmd('write')
  return text_of(0)
end

local function run()
  local seen = {}
  for _, step in ipairs(vim.json.decode(table.concat(vim.fn.readfile(vim.env.LAYERWISE_STEPS), '\n'))) do
    table.insert(seen, steps[step.what](step))
  end
  vim.fn.writefile({ vim.json.encode(seen) }, vim.env.LAYERWISE_SEEN)
end

-- Deprecated where there is the other.
vim.lsp.get_active_clients = vim.lsp.get_clients or vim.lsp.get_active_clients
local fine, problem = pcall(run)
if not fine then
  io.stderr:write(tostring(problem) .. '\n')
  vim.cmd('cquit 1')
end
vim.cmd('qall!')
