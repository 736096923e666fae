"""Small templates that try one thing each, far beyond what shipped templates use: compared with the reference like them.

SNIPPETS is one template a line; `\\n` in a line is a newline of the template.
"""

CONTEXT = {
    "s": "  Hello, Wörld!\n", "t": "a,b,,c", "e": "", "n": None, "i": 7, "neg": -3, "f": 2.5, "big": 1e22, "z": 0, "tr": True, "fa": False,
    "l": [3, 1, 2], "ll": ["b", "A", "c", "a"], "d": {"b": 1, "a": 2, "items": 3}, "nested": {"a": {"b": [{"c": "deep"}]}},
    "users": [{"name": "Ann", "age": 30, "tags": ["x"]}, {"name": "bob", "age": 25}, {"name": "Cid", "age": 30, "on": True}],
    "uni": "Straße ﬁ ǆ İi ΑΣ 你好 🙂 é", "ctrl": "a\tb\r\nc\x1cd\u2028e\u0085f\u200bg", "html": "<a href=\"x\">'&'</a>",
    "mixed": [1, "1", 1.0, True, None, [1], {"k": "v"}], "empty": [], "ed": {}, "quote": "it's \"q\"", "esc": "\\n\\", "digits": "٣²½12",
}

SNIPPETS = r"""
{{ s }}|{{ t }}|{{ e }}|{{ n }}|{{ i }}|{{ neg }}|{{ f }}|{{ big }}|{{ tr }}|{{ fa }}|{{ l }}|{{ d }}|{{ nope }}
{{ mixed }} {{ nested }} {{ quote }} {{ [quote, esc, ctrl, uni] }}
{{ (1,) }} {{ () }} {{ (1, 2) }} {{ {1: 2, none: 3, (1, 2): 4, 1.5: true} }} {{ [[]] }}
{{ 1 + 2 * 3 }} {{ (1 + 2) * 3 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % -3 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 6 / 2 }}
{{ 1.5 + 1 }} {{ 2.0 * 3 }} {{ 7.5 // 2 }} {{ -7.5 // 2 }} {{ 7.5 % 2 }} {{ -7.5 % 2 }} {{ 2 ** 0.5 }} {{ 2.0 ** 3 }} {{ 10 ** -2 }} {{ 0.0 }} {{ -0.0 }}
{{ 1e3 }} {{ 1.5e-7 }} {{ 1e100 }} {{ 123456789012345680.0 }} {{ 0.1 }} {{ 1e15 }} {{ 1e16 }} {{ 12345.678e10 }} {{ 5e-324 }} {{ 1_000 }} {{ 1_0.5_0 }}
{{ 0x1f }} {{ 0b101 }} {{ 0o17 }} {{ 0xFF_FF }} {{ 00 }}
{{ 1 / 0 }}
{{ 1 // 0 }}
{{ 1 % 0 }}
{{ 1.0 / 0 }}
{{ 1.5 // 0.0 }}
{{ true + 1 }} {{ true * 3 }} {{ -true }} {{ +true }} {{ not 0 }} {{ not 'a' }} {{ 'a' * 3 }} {{ 3 * 'ab' }} {{ [1] * 2 }} {{ 'x' * -1 }} {{ (1,) * 2 }}
{{ 'a' + 1 }}
{{ 1 + 'a' }}
{{ none + 1 }}
{{ [1] + (2,) }}
{{ [1] + [2] }} {{ (1,) + (2,) }}
{{ {} + {} }}
{{ 'a' - 'b' }}
{{ 'a' * 'b' }}
{{ 'a' * 1.5 }}
{{ -'a' }}
{{ +'a' }}
{{ +1.5 }} {{ -1.5 }} {{ - 3 }} {{ --3 }} {{ -i }} {{ -neg | abs }} {{ (-neg) | abs }}
{{ nope + 1 }}
{{ 1 + nope }}
{{ -nope }}
{{ nope ~ 'x' }} {{ n ~ 1 ~ 2.0 ~ tr ~ [1] }} {{ 'a' ~ 'b' * 2 }} {{ 1 ~ 2 + 3 }}
{{ 1 == 1.0 }} {{ 1 == '1' }} {{ true == 1 }} {{ none == false }} {{ [1, 2] == [1, 2.0] }} {{ (1,) == [1] }} {{ {'a': 1} == {'a': 1.0} }} {{ nope == nope2 }} {{ nope == none }} {{ nope != 1 }}
{{ 1 < 2 <= 2 < 3 }} {{ 1 < 2 > 5 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ (1,) < (1, 2) }} {{ 'Z' < 'a' }} {{ 1 < 1.5 }} {{ true < 2 }} {{ 'é' > 'z' }}
{{ 1 < 'a' }}
{{ none < 1 }}
{{ [1] < ['a'] }}
{{ {} < {} }}
{{ nope < 1 }}
{{ 1 < nope }}
{{ 'a' in 'abc' }} {{ 'x' not in 'abc' }} {{ 1 in [1, 2] }} {{ 'b' in d }} {{ 1 in d.values() }} {{ ('a', 2) in d.items() }} {{ 3 in range(5) }} {{ 'x' in nope }} {{ '' in 'a' }} {{ none in [none] }} {{ 1.0 in l }}
{{ 1 in 'abc' }}
{{ 1 in 5 }}
{{ 1 in none }}
{{ [1] in {} }}
{{ [1] in [[1]] }}
{{ 'a' and 'b' }} {{ '' and 'b' }} {{ '' or 'b' }} {{ 'a' or 'b' }} {{ none or 0 or [] }} {{ 1 and none }} {{ not 1 == 2 }} {{ not not 'a' }} {{ nope or 'd' }} {{ (nope and 1) is undefined }}
{{ 'a' if tr else 'b' }} {{ 'a' if fa else 'b' }} {{ 'a' if fa }} {{ ('a' if fa) is defined }} {{ 1 if 0 else 2 if 0 else 3 }} {{ 'x' if nope else 'y' }}
{{ ('a' if fa) + 'x' }}
{{ l[0] }} {{ l[-1] }} {{ l[5] }} {{ l[-5] }} {{ l[true] }} {{ s[2] }} {{ s[-2] }} {{ uni[4] }} {{ uni[-1] }} {{ d['b'] }} {{ d['x'] }} {{ d.b }} {{ d.x }} {{ d['items'] }} {{ d.a }} {{ l.0 }}
{{ l[1.5] }}|{{ l['x'] }}|{{ d[1] }}|{{ n['x'] }}|{{ i.x }}|{{ 'abc'[1.0] }}|{{ d[none] }}|{{ l[none] }}|{{ d[[1]] }}|{{ d.items is callable }}
{{ l[5].x }}
{{ nope.x }}
{{ nope['x'] }}
{{ d.x.y }}
{{ d['x']['y'] }}
{{ n.x.y }}
{{ i.foo.bar }}
{{ l['x'].y }}
{{ f.y.z }}
{{ nested.a.b[0].c }} {{ nested['a']['b'][0]['c'] }} {{ nested.a['b'].0.c }}
{{ l[1:] }} {{ l[:1] }} {{ l[-2:] }} {{ l[::-1] }} {{ l[::2] }} {{ l[5:] }} {{ l[1:1] }} {{ l[:-1] }} {{ l[-100:100] }} {{ l[2:0:-1] }} {{ l[::-2] }} {{ l[none:2] }} {{ l[true:] }} {{ (1, 2, 3)[1:] }} {{ range(10)[2:8:3] }} {{ range(5)[::-1] | list }}
{{ s[1:4] }} {{ s[::-1] }} {{ uni[::2] }} {{ uni[-3:] }} {{ uni[2:5] }} {{ e[1:] }} {{ s[:-1] }} {{ s[100:] }} {{ uni[5:1:-2] }}
{{ l[::0] }}
{{ l['a':] }}
{{ l[1.5:] }}
{{ d[1:] }}
{{ n[1:] }}
{{ nope[1:] }}
{{ i[:1] }}
{{ s.strip() }}|{{ s.lstrip() }}|{{ s.rstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'abcba'.strip('ab') }}|{{ 'x'.strip(none) }}|{{ ctrl.strip() }}|{{ '\u3000 a\u00a0'.strip() }}|{{ 'éaé'.strip('é') }}
{{ t.split(',') }} {{ s.split() }} {{ t.split(',', 1) }} {{ t.rsplit(',', 1) }} {{ ' a  b c '.split() }} {{ ' a  b c '.split(none, 1) }} {{ ' a  b c '.rsplit(none, 1) }} {{ ''.split() }} {{ ''.split(',') }} {{ t.split('b,') }} {{ t.split(sep=',', maxsplit=2) }} {{ 'a b'.split(' ', 0) }} {{ ' x '.split(none, 0) }}
{{ t.split('') }}
{{ t.split(1) }}
{{ ctrl.splitlines() }} {{ ctrl.splitlines(true) }} {{ 'a\n\nb\n'.splitlines() }} {{ ''.splitlines() }} {{ '\n'.splitlines() }}
{{ t.replace(',', ';') }} {{ t.replace(',', ';', 1) }} {{ t.replace('', '-') }} {{ 'aaa'.replace('aa', 'b') }} {{ 'é'.replace('', '.') }} {{ t.replace(',', '') }} {{ 'abc'.replace('', '-', 2) }} {{ t.replace('x', 'y') }}
{{ t.replace(1, 2) }}
{{ t.replace(',') }}
{{ s.upper() }}{{ s.lower() }}{{ s.title() }}{{ s.capitalize() }}{{ s.swapcase() }}
{{ uni.upper() }} {{ uni.lower() }} {{ uni.title() }} {{ uni.capitalize() }} {{ uni.swapcase() }} {{ uni.casefold() if false }}
{{ "they're bill's friends" | title }} {{ "they're bill's".title() }} {{ 'foo-bar (baz) [qux] <x> {y}' | title }} {{ 'HELLO wORLD' | capitalize }} {{ 'ab1cd' | title }} {{ 'a_b' | title }}
{{ 'abc'.startswith('a') }} {{ 'abc'.startswith(('x', 'a')) }} {{ 'abc'.endswith('c') }} {{ 'abc'.startswith('b', 1) }} {{ 'abc'.endswith('b', 0, 2) }} {{ 'abc'.startswith('') }} {{ ''.startswith('a') }} {{ 'abc'.startswith(()) }} {{ 'abc'.startswith('', 5) }}
{{ 'abc'.startswith(1) }}
{{ 'abc'.startswith(['a']) }}
{{ 'abc'.startswith() }}
{{ 'abc'.startswith(nope) }}
{{ 'hello'.find('l') }} {{ 'hello'.rfind('l') }} {{ 'hello'.find('x') }} {{ 'hello'.index('e') }} {{ 'hello'.count('l') }} {{ 'ünü'.find('ü', 1) }} {{ 'hello'.count('') }} {{ 'hello'.find('l', 3) }} {{ 'hello'.find('l', -1) }} {{ 'hello'.find('', 9) }} {{ 'hello'.rindex('l') }} {{ 'aXbX'.rfind('X', 0, 3) }}
{{ 'hello'.index('x') }}
{{ ', '.join(['a', 'b']) }} {{ ''.join('abc') }} {{ '-'.join({'a': 1, 'b': 2}) }} {{ ','.join(()) }}
{{ ','.join([1]) }}
{{ ','.join(1) }}
{{ 'a'.isdigit() }} {{ '12'.isdigit() }} {{ ''.isdigit() }} {{ 'ab'.isalpha() }} {{ 'ab1'.isalnum() }} {{ ' '.isspace() }} {{ 'AB'.isupper() }} {{ 'ab'.islower() }} {{ 'A1'.isupper() }} {{ '1'.isupper() }} {{ 'Ab Cd'.istitle() }} {{ 'abc'.isascii() }} {{ 'é'.isascii() }} {{ digits.isdigit() }} {{ digits.isnumeric() }} {{ digits.isdecimal() }} {{ '٣'.isdecimal() }} {{ '²'.isdigit() }} {{ '½'.isnumeric() }} {{ uni.isprintable() }} {{ ctrl.isprintable() }} {{ 'é'.isalpha() }} {{ '你'.isalpha() }} {{ 'É'.isupper() }} {{ 'ß'.islower() }} {{ 'ª'.islower() }} {{ 'ⅷ'.islower() }}
{{ 'a'.center(5) }}|{{ 'ab'.center(5) }}|{{ 'a'.ljust(3, '.') }}|{{ 'a'.rjust(3, '.') }}|{{ '42'.zfill(5) }}|{{ '-42'.zfill(5) }}|{{ '+4'.zfill(1) }}|{{ 'é'.center(4, '*') }}|{{ 'abc' | center(10) }}|{{ ''.zfill(2) }}|{{ 'a'.center(4, 'ü') }}
{{ 'a'.center(5, 'ab') }}
{{ 'a=b=c'.partition('=') }} {{ 'a=b=c'.rpartition('=') }} {{ 'abc'.partition('=') }} {{ 'abc'.rpartition('=') }} {{ 'abc'.removeprefix('a') }} {{ 'abc'.removesuffix('c') }} {{ 'abc'.removeprefix('x') }} {{ 'a\tb'.expandtabs(4) }}|{{ 'ab\tc'.expandtabs() }}
{{ 'abc'.partition('') }}
{{ 'a'.foo }}|{{ 'a'.foo is defined }}
{{ 'a'.foo() }}
{{ 'a'() }}
{{ 5() }}
{{ nope() }}
{{ n() }}
{{ 'a'.strip(1) }}
{{ 'a'.strip('a', 'b') }}
{{ 'a'.upper(1) }}
{{ 'a'.upper(x=1) }}
{{ d.get('a') }} {{ d.get('x') }} {{ d.get('x', 5) }} {{ d.keys() | list }} {{ d.values() | list }} {{ d.items() | list }} {{ d.keys() }} {{ d.values() }} {{ d.items() }} {{ d.copy() }} {{ d.pop('a') }} {{ d }} {{ d.pop('x', 1) }} {{ d.setdefault('q', 9) }} {{ d.update({'z': 1}) }} {{ d.update(y=2) }} {{ d }} {{ d.popitem() }} {{ d | length }} {{ d.clear() }} {{ d }}
{{ d.pop('x') }}
{{ d.get() }}
{{ d.get('a', default=1) }}
{{ d.get([1]) }}
{{ {[1]: 2} }}
{{ {}.popitem() }}
{{ l.append(4) }} {{ l }} {{ l.pop() }} {{ l.pop(0) }} {{ l }} {{ l.insert(0, 9) }} {{ l.extend('ab') }} {{ l }} {{ l.index('a') }} {{ l.count(9) }} {{ l.remove('a') }} {{ l.reverse() }} {{ l }} {{ l.copy() }} {{ l.clear() }} {{ l }} {{ ll.sort() }} {{ ll }}
{{ [].pop() }}
{{ [1].pop(5) }}
{{ [1].index(2) }}
{{ [1].remove(2) }}
{{ (1, 2).index(2) }} {{ (1, 2, 1).count(1) }}
{{ (1, 2).append(3) }}
{{ s | trim }}|{{ n | trim }}|{{ 5 | trim }}|{{ nope | trim }}|{{ 'xax' | trim('x') }}|{{ l | trim }}
{{ s | upper }}{{ n | upper }}{{ 5 | lower }}{{ tr | lower }}{{ nope | upper }}{{ l | title }}
{{ t | replace(',', '|') }} {{ t | replace(',', '|', 2) }} {{ 5 | replace(5, 6) }} {{ n | replace('o', 0) }} {{ nope | replace('a', 'b') }} {{ 'aXb' | replace('X', none) }}
{{ nope | default('x') }} {{ '' | default('x') }} {{ '' | default('x', true) }} {{ n | default('x') }} {{ n | default('x', boolean=true) }} {{ 0 | d(5, true) }} {{ nope | default }}| {{ d.x | default('y') }} {{ nope | default(default_value=3) }}
{{ nope.x | default('y') }}
{{ l | length }} {{ s | length }} {{ d | count }} {{ nope | length }} {{ uni | length }} {{ range(5) | length }} {{ d.items() | length }}
{{ 5 | length }}
{{ n | length }}
{{ l | map('string') | length }}
{{ l | first }} {{ l | last }} {{ 'abc' | first }} {{ 'abc' | last }} {{ empty | first }} {{ empty | last }} {{ d | first }} {{ d | last }} {{ nope | first }} {{ range(3) | last }} {{ l | map('string') | first }} {{ (empty | first) is defined }}
{{ 5 | first }}
{{ l | map('string') | last }}
{{ (empty | first).x }}
{{ l | join }} {{ l | join(', ') }} {{ users | join(',', 'name') }} {{ users | join(attribute='age', d='+') }} {{ mixed | join('-') }} {{ 'abc' | join('.') }} {{ d | join }} {{ nope | join }} {{ [nope] | join('x') }} {{ l | join(1) }}
{{ 5 | join }}
{{ n | join(',') }}
{{ 'abc' | list }} {{ d | list }} {{ range(3) | list }} {{ nope | list }} {{ (1, 2) | list }}
{{ 5 | list }}
{{ l | sort }} {{ ll | sort }} {{ ll | sort(case_sensitive=true) }} {{ l | sort(reverse=true) }} {{ users | sort(attribute='age') | map(attribute='name') | list }} {{ users | sort(attribute='age', reverse=true) | map(attribute='name') | list }} {{ users | sort(attribute='age,name') | map(attribute='name') | list }} {{ d | sort }} {{ 'hello' | sort }} {{ users | sort(attribute='name') | map(attribute='age') | list }} {{ [[2, 'a'], [1, 'b']] | sort(attribute=0) }} {{ [[2, 'a'], [1, 'b']] | sort(attribute='1') }}
{{ [1, 'a'] | sort }}
{{ [none, 1] | sort }}
{{ users | sort }}
{{ d | dictsort }} {{ d | dictsort(by='value') }} {{ d | dictsort(reverse=true) }} {{ {'B': 1, 'a': 2} | dictsort }} {{ {'B': 1, 'a': 2} | dictsort(true) }} {{ {'B': 1, 'a': 2} | dictsort(false, 'value', true) }} {{ {} | dictsort }}
{{ l | dictsort }}
{{ nope | dictsort }}
{{ {1: 2, 'a': 3} | dictsort }}
{{ d | dictsort(by='x') }}
{{ ll | unique | list }} {{ ['a', 'A', 'b'] | unique | list }} {{ ['a', 'A'] | unique(true) | list }} {{ users | unique(attribute='age') | map(attribute='name') | list }} {{ [1, 1.0, true, 2] | unique | list }}
{{ [[1], [1]] | unique | list }}
{{ l | reverse | list }} {{ 'abc' | reverse }} {{ d | reverse | list }} {{ uni | reverse }} {{ range(3) | reverse | list }} {{ l | map('string') | reverse }} {{ (1, 2) | reverse | list }}
{{ 5 | reverse }}
{{ users | map(attribute='name') | list }} {{ users | map(attribute='nope') | list }} {{ users | map(attribute='nope', default='x') | list }} {{ ll | map('upper') | list }} {{ l | map('string') | join }} {{ ['a b'] | map('replace', ' ', '_') | list }} {{ users | map(attribute='tags.0') | list }} {{ [[1, 2], [3]] | map('first') | list }} {{ [[1, 2], [3]] | map('sum') | list }} {{ [[3, 1]] | map('sort', reverse=true) | list }} {{ users | map('attr', 'name') | list }} {{ [1.26] | map('round', 1) | list }}
{{ l | map('nope') | list }}
{{ l | map | list }}
{{ l | map(attribute='a', foo=1) | list }}
{{ 5 | map('upper') | list }}
{{ users | map(attribute='a.b') | list }}
{{ l | select('odd') | list }} {{ l | reject('odd') | list }} {{ [0, 1, '', 'a', none] | select | list }} {{ [0, 1, ''] | reject | list }} {{ l | select('>', 1) | list }} {{ l | select('in', [1, 2]) | list }} {{ ['a', 'b'] | select('equalto', 'a') | list }} {{ mixed | select('string') | list }} {{ mixed | reject('none') | list }} {{ l | select('divisibleby', 3) | list }} {{ l | select('gt', 1) | list }} {{ l | select('ne', 1) | first }}
{{ l | select('nope') | list }}
{{ users | selectattr('on') | map(attribute='name') | list }} {{ users | rejectattr('on') | map(attribute='name') | list }} {{ users | selectattr('age', 'equalto', 30) | map(attribute='name') | list }} {{ users | selectattr('age', '>', 25) | list | length }} {{ users | selectattr('tags', 'defined') | map(attribute='name') | list }} {{ users | rejectattr('tags', 'undefined') | list | length }} {{ users | selectattr('name', 'in', ['Ann']) | list | length }} {{ users | selectattr('tags.0', 'eq', 'x') | list | length }}
{{ users | selectattr | list }}
{{ users | selectattr('name', 'lower') | map(attribute='name') | list }} {{ users | selectattr('name', '==', 'Ann') | first }}
{{ l | batch(2) | list }} {{ l | batch(2, 'x') | list }} {{ [] | batch(2) | list }} {{ l | slice(2) | list }} {{ l | slice(2, 'x') | list }} {{ range(7) | slice(3) | list }} {{ l | batch(5) | list }} {{ l | batch(1) | list }} {{ range(4) | slice(3, none) | list }}
{{ l | sum }} {{ [1.5, 2] | sum }} {{ users | sum(attribute='age') }} {{ [] | sum }} {{ [[1], [2]] | sum(start=[]) }} {{ [1] | sum(none, 10) }}
{{ ['a'] | sum }}
{{ ['a'] | sum(start='') }}
{{ l | min }} {{ l | max }} {{ ll | min }} {{ ll | max(true) }} {{ users | max(attribute='age') }} {{ [] | max }} {{ 'hello' | max }} {{ ['b', 'A'] | min }} {{ ['b', 'A'] | min(case_sensitive=true) }}
{{ [1, 'a'] | max }}
{% for g in users | groupby('age') %}{{ g.grouper }}:{{ g.list | map(attribute='name') | join(',') }};{{ g[0] }}{% endfor %}
{% for k, v in users | groupby('age') %}{{ k }}={{ v | length }} {% endfor %}{{ users | groupby('on', default='-') | map('first') | list }} {{ ['a', 'B', 'A'] | groupby(0) | list }} {{ users | groupby('age') | list | length }}
{{ '42' | int }} {{ '42.9' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ 4.9 | int }} {{ -4.9 | int }} {{ '0x1A' | int(0, 16) }} {{ '1010' | int(base=2) }} {{ none | int }} {{ tr | int }} {{ ' 5 ' | int }} {{ '1_000' | int }} {{ l | int }} {{ '' | int }} {{ '0b11' | int(0, 0) }} {{ '1e3' | int }} {{ '-7' | int }} {{ '+7' | int }} {{ '1__0' | int }}
{{ nope | int }}
{{ '1.5' | float }} {{ 'x' | float }} {{ 'x' | float(2.5) }} {{ 3 | float }} {{ none | float }} {{ '1e3' | float }} {{ 'inf' | float }} {{ '-inf' | float }} {{ 'nan' | float }} {{ ' 1.5 ' | float }} {{ '.5' | float }} {{ '5.' | float }} {{ '1_0' | float }} {{ '0x10' | float }}
{{ -5 | abs }} {{ (-5) | abs }} {{ (-2.5) | abs }} {{ tr | abs }}
{{ 'a' | abs }}
{{ 2.5 | round }} {{ 3.5 | round }} {{ 2.567 | round(2) }} {{ 2.4 | round(method='ceil') }} {{ 2.6 | round(0, 'floor') }} {{ 42 | round }} {{ 1234 | round(-2) }} {{ 2.675 | round(2) }} {{ 1250.0 | round(-2) }} {{ 0.5 | round }} {{ 1e300 | round(2) }} {{ (2.5 | round) | int }} {{ tr | round }} {{ 15 | round(-1) }} {{ 25 | round(-1) }} {{ 42.55 | round(1, 'floor') }}
{{ 'a' | round }}
{{ 2.5 | round(0, 'x') }}
{{ 'a\nb\n\nc' | indent }}|{{ 'a\nb' | indent(2, true) }}|{{ 'a\n\nb' | indent(2, blank=true) }}|{{ 'a\nb' | indent('> ') }}|{{ '' | indent }}|{{ 'a\n' | indent(2) }}|{{ 'a\r\nb' | indent(1) }}|{{ '\na' | indent(first=true) }}|{{ 'a\n \nb' | indent(1) }}
{{ 5 | indent }}
{{ n | indent }}
{{ l | tojson }} {{ d | tojson }} {{ s | tojson }} {{ n | tojson }} {{ tr | tojson }} {{ f | tojson }} {{ big | tojson }} {{ uni | tojson }} {{ ctrl | tojson }} {{ html | tojson }} {{ nested | tojson }} {{ 1.0 | tojson }} {{ (1, 2) | tojson }} {{ quote | tojson }} {{ '\x7f\x1f\b\f' | tojson }}
{{ uni | tojson(ensure_ascii=true) }} {{ ctrl | tojson(true) }} {{ nested | tojson(indent=2) }} {{ d | tojson(indent=0) }} {{ [] | tojson(indent=2) }} {{ {'a': [], 'b': {}} | tojson(indent=2) }} {{ d | tojson(separators=(',', ':')) }} {{ d | tojson(sort_keys=true) }} {{ d | tojson(indent='--') }} {{ d | tojson(indent=2, separators=(', ', ' = ')) }} {{ {1: 2, none: 3, true: 4, 1.5: 5} | tojson }} {{ d | tojson(indent=none) }} {{ l | tojson(indent=-1) }} {{ d | tojson(indent=true) }}
{{ nope | tojson }}
{{ d.items() | tojson }}
{{ l | map('string') | tojson }}
{{ namespace() | tojson }}
{{ range(3) | tojson }}
{{ {(1, 2): 3} | tojson }}
{{ {1: 2, 'a': 3} | tojson(sort_keys=true) }}
{{ 'a' | float | tojson }} {{ 'inf' | float | tojson }} {{ 'nan' | float | tojson }}
{{ d | items | list }} {{ nope | items | list }} {% for k, v in d | items %}{{ k }}{{ v }}{% endfor %}
{{ l | items | list }}
{{ 5 | items | list }}
{{ html | e }} {{ html | escape }} {{ html | safe }} {{ html | safe | e }} {{ html | safe | forceescape }} {{ 5 | e }} {{ (html | e) | upper }} {{ html | e ~ '<' }} {{ (html | safe) ~ '<' }} {{ (html | safe) + '<' }} {{ '<' + (html | safe) }} {{ (html | safe) + (html | safe) }} {{ (html | safe) * 2 }} {{ (('<' | safe) + '<') + '>' }}
{{ (html | safe).replace('a', '>') }} {{ (html | safe) | replace('<', '>') }} {{ ('%s<' | safe) % '<' }} {{ ('{}<' | safe).format('<') }} {{ ('<' | safe).join(['<', '>']) }} {{ [('<' | safe), '>'] | join('<') }} {{ ('<a,b' | safe).split(',') }} {{ ('<' | safe) == '<' }} {{ ('<' | safe) is string }} {{ ('<' | safe) is escaped }} {{ [('<' | safe)] }} {{ ('<' | safe) | tojson }} {{ ('<' | safe)[0] + '<' }} {{ ('<b' | safe).upper() + '<' }} {{ ('<' | safe) | string + '<' }} {{ (('<' | safe) | trim) + '<' }} {{ ('%(a)s' | safe) % {'a': '<'} }}
{{ ('<' | safe) + 1 }}
{{ '%s %d %5.2f %x %r %%' % ('a', 5, 3.14159, 255, 'b') }} {{ '%s' % 5 }} {{ '%(a)s-%(b)d' % {'a': 1, 'b': 2} }} {{ '%5s|%-5s|%05d' % ('a', 'b', 42) }} {{ '%+d % d' % (5, 5) }} {{ '%c%c' % ('x', 65) }} {{ '%e %g %G' % (12345.678, 0.00001, 1e20) }} {{ '%s' % (l,) }} {{ '%s' % l }} {{ '%o %#x %X' % (8, 255, 255) }} {{ '%.2s' % 'abc' }} {{ '%*d' % (5, 3) }} {{ '%d' % 3.9 }} {{ '%i' % true }} {{ '%s' % none }} {{ '' % () }} {{ '%d%%' % 5 }} {{ '%s' % {'a': 1} }} {{ 'x' % {'a': 1} }} {{ 'x' % [] }}
{{ '%s %s' % 'a' }}
{{ '%s' % ('a', 'b') }}
{{ '%d' % 'a' }}
{{ '%z' % 1 }}
{{ 'abc' % 5 }}
{{ '%(a)s' % 5 }}
{{ '%' % 5 }}
{{ '%s' | format('a') }} {{ '%s %s' | format(1, 2) }} {{ '%(x)s' | format(x=5) }} {{ 'abc' | format }}
{{ '%s' | format(1, x=2) }}
{{ '{} {}'.format(1, 'a') }} {{ '{0} {1} {0}'.format('a', 'b') }} {{ '{x}'.format(x=5) }} {{ '{:>5}|{:<5}|{:^5}|{:*^7}'.format('a', 'b', 'c', 'd') }} {{ '{:05d} {:+d} {:x} {:#x} {:b} {:,}'.format(42, 5, 255, 255, 5, 1234567) }} {{ '{:.2f} {:8.3f} {:e} {:g} {:%}'.format(3.14159, 2.5, 12345.678, 0.0001, 0.25) }} {{ '{{}} {}'.format(1) }} {{ '{!r} {!s}'.format('a', 'b') }} {{ '{0[a]} {1.name}'.format({'a': 1}, {'name': 2}) }} {{ '{:{}}'.format('a', 5) }}| {{ '{}'.format(none) }} {{ '{}'.format(1.0) }} {{ '{:5}|{:5}'.format(1, 'a') }}| {{ '{:.3}'.format('abcdef') }} {{ '{:,.2f}'.format(1234567.891) }} {{ '{0[1]}'.format([1, 2]) }} {{ '{:c}'.format(65) }} {{ '{:d}'.format(true) }} {{ '{}'.format(true) }} {{ '{:05}'.format(-3) }} {{ '{:<05}'.format(3) }} {{ '{:.3}'.format(1234.5) }} {{ '{:n}'.format(5) }} {{ '{:>+8.1f}'.format(2.25) }} {{ '{:=+6d}'.format(3) }} {{ '{:10}'.format(2.5) }} {{ '{:,}'.format(1234.5) }} {{ '{:_}'.format(1234567) }}
{{ '{}'.format() }}
{{ '{x}'.format(1) }}
{{ '{'.format(1) }}
{{ '}'.format(1) }}
{{ '{:d}'.format('a') }}
{{ '{:s}'.format(5) }}
{{ '{:5}'.format(none) }}
{{ '{} {0}'.format(1) }}
{{ '{:zz}'.format(1) }}
{{ 'hello world foo' | truncate(11) }} {{ 'hello world foo' | truncate(8) }} {{ 'hello world foo' | truncate(8, true) }} {{ 'hello world foo' | truncate(9, end='…') }} {{ 'hello world foo' | truncate(5, false, '', 0) }} {{ 'abc' | truncate }} {{ 'hello world foo' | wordcount }} {{ 'a-b c' | wordcount }} {{ html | urlencode }} {{ 'a b/c' | urlencode }}
{{ d | attr('a') }}|{{ d | attr('get') is callable }}|{{ 'abc' | attr('upper') is callable }}|{{ d | attr('nope') is defined }}
{{ i is defined }} {{ nope is defined }} {{ nope is undefined }} {{ n is none }} {{ i is number }} {{ tr is number }} {{ f is float }} {{ i is integer }} {{ tr is integer }} {{ tr is boolean }} {{ s is string }} {{ l is iterable }} {{ i is iterable }} {{ nope is iterable }} {{ d is mapping }} {{ l is sequence }} {{ s is sequence }} {{ d is sequence }} {{ range(3) is sequence }} {{ d.items() is sequence }} {{ l | map('upper') is sequence }} {{ nope is sequence }} {{ n is sequence }} {{ i is callable }} {{ range is callable }} {{ nope is callable }} {{ tr is true }} {{ 1 is true }} {{ fa is false }} {{ 0 is false }} {{ nope is none }} {{ nope is string }}
{{ 3 is odd }} {{ 4 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(4) }} {{ 'a' is lower }} {{ 'A' is upper }} {{ 1 is sameas 1 }} {{ tr is sameas true }} {{ n is sameas none }} {{ 1 is in [1, 2] }} {{ 'a' is in 'abc' }} {{ 1 is eq 1 }} {{ 1 is ne 2 }} {{ 1 is lt 2 }} {{ 2 is ge 2 }} {{ 1 is not eq 2 }} {{ 2 is greaterthan 1 }} {{ 'upper' is filter }} {{ 'odd' is test }} {{ 'xx' is filter }} {{ 1 is not none }} {{ not 1 is none }} {{ 1 is odd and 2 is even }} {{ 3.0 is odd }} {{ 1 is equalto 1.0 }}
{{ 'a' is odd }}
{{ nope is odd }}
{{ 1 is nope }}
{{ 1 is in 5 }}
{{ 1 is odd is even }}
{{ 'a' is divisibleby 2 }}
{{ 1 is divisibleby 0 }}
{{ range(3) }} {{ range(1, 5) | list }} {{ range(5, 0, -2) | list }} {{ range(0) | list }} {{ range(0, 10, 3) }} {{ range(3) == range(0, 3) }} {{ range(3)[1] }} {{ range(3)[-1] }} {{ range(3)[5] }} {{ 2 in range(3) }} {{ range(true) | list }} {{ range(10, 0) }} {{ range(5)[1:3] }}
{{ range() }}
{{ range('a') }}
{{ range(1, 2, 0) }}
{{ range(100001) }}
{{ range(1.5) }}
{{ dict(a=1, b=2) }} {{ dict({'a': 1}) }} {{ dict([('a', 1)]) }} {{ dict({'a': 1}, b=2) }} {{ dict() }} {{ dict(['ab']) }}
{{ dict(1) }}
{{ dict([1]) }}
{{ dict(['abc']) }}
{% set ns = namespace(a=1) %}{{ ns.a }} {% set ns.b = 2 %}{{ ns.b }} {{ ns.c is defined }} {{ ns.c }} {{ ns }} {% set ns.a = ns.a + 1 %}{{ ns.a }} {% set ns2 = namespace({'x': 1}, y=2) %}{{ ns2.x }}{{ ns2.y }} {{ ns['a'] }} {{ ns is mapping }} {{ ns is iterable }}
{% set ns = namespace() %}{{ ns.a.b }}
{% set d.x = 1 %}
{% set nope.x = 1 %}
{% set ns = namespace() %}{% for k in ns %}{% endfor %}
{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.reset() }}{{ c.next() }} {% set j = joiner() %}{{ j() }}a{{ j() }}b{{ j() }} {% set k = joiner('|') %}{{ k() }}{{ k() }}
{{ cycler() }}
{{ raise_exception('my words: ' ~ i) }}
{{ raise_exception(nope) }}
{{ raise_exception() }}
{{ raise_exception('a', 'b') }}
{{ strftime_now('%Y-%m-%d %H:%M:%S %A %B %j %p %%') }} {{ strftime_now('') }} {{ strftime_now('%d %b %Y') }} {{ strftime_now('%-d') }}
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.depth }}{{ loop.depth0 }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a', 'b') }}{{ loop.changed(x > 1) }} {% endfor %}
{% for x in l if x > 1 %}{{ x }}{{ loop.index }}{{ loop.last }}{{ loop.length }}{% else %}none{% endfor %} {% for x in l if x > 5 %}{{ x }}{% else %}none{% endfor %} {% for x in nope %}{% else %}undef{% endfor %}
{% for x in l | map('string') %}{{ loop.length }}{{ x }}{{ loop.index }}{{ loop.last }}{% endfor %} {% for c in 'añb' %}{{ c }}.{% endfor %} {% for k in d %}{{ k }}{% endfor %} {% for k, v in d.items() %}{{ k }}{{ v }}{% endfor %} {% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %} {% for a, in [(1,)] %}{{ a }}{% endfor %} {% for ab in ['ab'] %}{% set a, b = ab %}{{ b }}{{ a }}{% endfor %}
{% for x in 5 %}{% endfor %}
{% for x in none %}{% endfor %}
{% for a, b in [1] %}{% endfor %}
{% for a, b in [(1, 2, 3)] %}{% endfor %}
{% for a, b in [(1,)] %}{% endfor %}
{% set a, b = 1 %}
{% set a, b = 1, 2 %}{{ a }}{{ b }} {% set (a, b) = [3, 4] %}{{ a }}{{ b }} {% set x = 1, %}{{ x }} {% set y = (1) %}{{ y }}
{% for x in l %}{% if x == 1 %}{% continue %}{% endif %}{{ x }}{% if loop.last %}!{% endif %}{% endfor %} {% for x in l %}{% if x == 1 %}{% break %}{% endif %}{{ x }}{% else %}else{% endfor %} {% for x in [1, 2] %}{% for y in [1, 2] %}{% if y == 2 %}{% break %}{% endif %}{{ x }}{{ y }}{% endfor %}{% endfor %} {% for x in l %}{% break %}{% else %}e{% endfor %}|
{% break %}
{% macro m() %}{% break %}{% endmacro %}
{% for x in [1] %}{% macro m() %}{% break %}{% endmacro %}{% endfor %}
{% for x in [[1, [2]], [3]] recursive %}[{{ loop.depth }}{% if x is iterable %}{{ loop(x) }}{% else %}{{ x }}{% endif %}]{% endfor %}
{% for x in [1] %}{{ loop(x) }}{% endfor %}
{% for x in [1, 2] %}{% for y in [3] %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %} {{ loop is defined }} {% for x in [1] %}{{ loop }}{% endfor %}
{% for loop in [1] %}{% endfor %}
{% set x = 1 %}{% for i in [1, 2] %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }} {% if true %}{% set x = 9 %}{% endif %}{{ x }} {% for i in [1] %}{% if true %}{% set y = 1 %}{% endif %}{{ y }}{% endfor %}{{ y }} {% set i = 3 %}{% for i in [7] %}{{ i }}{% endfor %}{{ i }}
{% set x %}a{{ i }}b{% endset %}{{ x }} {% set x | upper %}abc{% endset %}{{ x }} {% set x | replace('a', 'b') | upper %}abc{% endset %}{{ x }} {% set x %}{% set inner = 5 %}{% endset %}{{ inner is defined }} {% filter upper %}abc{{ t }}{% endfilter %} {% filter replace('a', 'X') | lower %}BaB{% endfilter %}
{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }} {% with %}{% set q = 1 %}{{ q }}{% endwith %}{{ q is defined }} {% set a = 5 %}{% with a = 1, b = a %}{{ a }}{{ b }}{% endwith %}
{% macro m(a, b='x', c=none) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }} {{ m(1, 2) }} {{ m(1, c=3) }} {{ m(b=2, a=1) }} {{ m() }} {{ m(*[1, 2]) }} {{ m(**{'a': 1, 'c': 2}) }} {{ m(1, *[2], **{'c': 3}) }} {{ m.name }} {{ m.arguments }} {{ m.caller }} {{ m.catch_kwargs }} {{ m.catch_varargs }}
{% macro m(a, b=a) %}{{ a }}{{ b }}{% endmacro %}{{ m(1) }} {{ m(1, 2) }}
{% macro m(a) %}{{ a.x }}{% endmacro %}{{ m() }}
{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }} {% macro k() %}{{ kwargs }}{% endmacro %}{{ k(a=1) }} {% macro v() %}{% for x in varargs %}{{ x }}{% endfor %}{% endmacro %}{{ v(1, 2) }}
{% macro m() %}{% endmacro %}{{ m(1) }}
{% macro m() %}{% endmacro %}{{ m(a=1) }}
{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}
{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}hi{% endcall %} {% macro n(x) %}{{ caller(x, 2) }}{% endmacro %}{% call(a, b=9) n(1) %}{{ a }}{{ b }}{% endcall %} {% set v = 5 %}{% call m() %}{{ v }}{% endcall %} {% macro o() %}{{ caller is defined }}{% endmacro %}{{ o() }}{% call o() %}{% endcall %}
{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}
{% macro m() %}x{% endmacro %}{% call m() %}hi{% endcall %}
{% call 5 %}{% endcall %}
{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }} {% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }} {% set g = 1 %}{% macro r() %}{{ g }}{% endmacro %}{% set g = 2 %}{{ r() }} {% for i in [1, 2] %}{% macro inl() %}{{ i }}{% endmacro %}{{ inl() }}{% endfor %} {{ inl is defined }}
{% macro m() -%}  a  {%- endmacro %}[{{ m() }}] {{ m() | upper }} {{ m() is string }} {{ m() + 'x' }} {{ m() | length }} {{ m }}
{% if i > 5 %}a{% elif i > 3 %}b{% else %}c{% endif %} {% if nope %}a{% elif n %}b{% else %}c{% endif %} {% if i > 5 and not n %}x{% endif %} {% if (1, 2) %}t{% endif %} {% if '' %}{% else %}f{% endif %} {% if ed %}a{% elif empty %}b{% elif range(0) %}c{% elif ns %}{% else %}z{% endif %}
{% if i > 5: %}a{% endif %}
{% generation %}a{% set q = 1 %}{{ i }}{% endgeneration %}{{ q is defined }}
{% raw %}{{ a }} {% if %} {# c #}{% endraw %} {%- raw -%} x {%- endraw -%} y {% raw %}\n a{% endraw %}\n b
{# comment #}a{# multi\nline #}b {#- strip -#} c {#+ keep +#}\nd
  {% if true %}\n  x\n  {% endif %}\n  {{ i }}\n\t{# c #}\ny\n  {%- if true -%}  z  {%- endif -%}  w  {%+ if true +%}\n q {% endif %}\n
a\r\nb\rc\n\n
{{ i -}}   x   {{- i }} {{ i }}\n{{ i -}}\n\n y
\n\n{% if true %}\n\n{% endif %}\n\nend\n
{% print i, 'a' %} {% print %}|
{{ 'a' 'b' "c" }} {{ "a\nb\t\"q\" \\ \x41 \u00e9 \U0001F642 \101 \q" }} {{ 'it\'s' }} {{ "line\
cont" }}
{{ 'a
b' }}
{{ [1, 2,] }} {{ {'a': 1,} }} {{ (1, 2,) }} {{ [] }} {{ {} }} {{ 1, 2 }} {{ [i, s[2]] }} {{ {i: l} }}
{{ i|string + 'x' }} {{ (i ~ '') | length }} {{ -i | abs }} {{ 'a' | upper ~ 'b' | upper }} {{ l | length == 3 }} {{ l | length + 1 }} {{ 1 if l | length > 2 else 0 }} {{ not l is none }} {{ 'x' in d | list }} {{ l is defined and l }} {{ d.a is defined and d.a > 1 }}
{{ l | first | string | upper | length }} {{ s.strip().split(',')[0].upper() | lower }} {{ d.get('nope', {}).get('x', 'y') }} {{ users[0].name[0] | lower }} {{ (l + [9])[-1] }} {{ {'a': [1, 2]}['a'][1] }} {{ 'abc'[1:].upper() }} {{ ('a', 'b')[1] }} {{ [1, 2][::-1][0] }}
{{ i if i is number else s }} {{ (i, s)[0] }} {{ true and 'x' or 'y' }} {{ True }} {{ None }} {{ False }} {{ TRUE is defined }} {{ none is none }} {{ nOne is defined }}
{{ 1 is number() }} {{ range(2) | list() }} {{ s | trim() | length() }}
{{ }}
{{ 1 2 }}
{{ 1 + }}
{{ (1 }}
{{ [1 }}
{{ 'a }}
{{ a. }}
{{ a[ }}
{{ a | }}
{{ a is }}
{{ 1 | nope }}
{% if false %}{{ 1 | nope }}{% endif %}ok
{{ (1 | nope) if false else 2 }}
{% for x in [] %}{{ x | nope }}{% endfor %}
{% if false %}{% for x in [] %}{{ x | nope }}{% endfor %}{% endif %}
{% if false %}{{ 1 is nope }}{% endif %}ok
{% if true %}{{ 1 | nope }}{% endif %}
{% if 1 | nope %}{% endif %}
{% if %}{% endif %}
{% if true %}
{% endif %}
{% for x in l %}
{% for %}{% endfor %}
{% for x %}{% endfor %}
{% for x in %}{% endfor %}
{% for 1 in l %}{% endfor %}
{% set 1 = 2 %}
{% set x %}
{% set %}
{% macro %}{% endmacro %}
{% macro m(a=1, b) %}{% endmacro %}
{% macro m %}{% endmacro %}
{% nope %}
{% else %}
{% 5 %}
{% endfor %}
{# open
{% raw %}x
{{ a
{% if true
{{ a } }}
{{ a] }}
{{ (a] }}
{{ f(a=1, 2) }}
{{ f(**a, b) }}
{{ f(*a, b) }}
{{ f(a b) }}
{{ a ? b }}
{{ a $ b }}
{{ a = b }}
{{ a := b }}
{{ a & b }}
{{ 1__0 }}
{{ 0777 }}
{{ 1.2.3 }}
{{ "\x4" }}
{{ dict(a=1).a }} {{ dict(a=dict(b=2)).a.b }} {{ range(3) | map('string') | map('upper') | join('-') }} {{ {'x': 1}.x }} {{ {'items': 5}.items is callable }} {{ {'items': 5}['items'] }} {{ {'get': 5}.get is callable }}
{% set x = [] %}{% for i in range(3) %}{% set _ = x.append(i * 2) %}{% endfor %}{{ x }} {% set y = {} %}{% set _ = y.update({'a': 1}) %}{{ y }} {% for i in x %}{% if i == 0 %}{% set _ = x.append(9) %}{% endif %}{{ i }}{% endfor %}
{% for k in d %}{% set _ = d.update({k ~ 'x': 1}) %}{% endfor %}
{{ uni | upper }} {{ uni | lower }} {{ uni | title }} {{ uni | capitalize }} {{ 'ŒUVRE' | lower }} {{ 'ŉ ǰ ΐ' | upper }} {{ 'ΌΣΟΣ ΑΣ Σ' | lower }} {{ 'ǅ' | lower }} {{ 'ǆ' | title }} {{ 'ﬃ' | capitalize }} {{ 'İ' | lower | length }} {{ 'ⅷ ⓐ' | upper }} {{ '𐐨' | upper }} {{ 'ა' | upper }} {{ 'Ა' | lower }}
{{ [uni, ctrl, '\x00\x7f\xa0\xad\u0378\u200e\ue000\U000e0001\ufeff\u3000\U0001F9D1'] }}
{{ __class__ is defined }} {{ s.__class__ is defined }} {{ s.__class__ }}|{{ l.__len__ }}|{{ d['__class__'] }}|{{ d._x is defined }}
{{ s.__class__.__mro__ }}
{{ s.__class__() }}
{{ m.content is string and m.content | length }}{{ d.b is number and d.b }}
{{ 9223372036854775807 }} {{ -9223372036854775807 - 1 }} {{ 4611686018427387904 + 4611686018427387903 }}
{{ [1, 2] is sameas [1, 2] }} {{ l is sameas l }} {{ 'a' is sameas 'a' }} {{ 1 is sameas true }} {{ 1.0 is sameas 1 }}
{{ d | list | first }} {{ d.items() | list | last }} {{ d.keys() | first }} {{ d.values() | sum }} {{ d.items() | sort }} {{ d.keys() | sort | join }} {{ d.items() | first }} {{ d.keys() | last }} {{ d.values() | max }} {{ d.keys() is iterable }} {{ (d.keys() | list)[0] }}
{{ d.keys()[0] }}|{{ d.items().x is defined }}
{{ [] | map('string') is iterable }}
{% set g = l | select('odd') %}{{ g | list }}{{ g | list }} {% set g = l | map('string') %}{{ g | first }}{{ g | first }}{{ g | list }} {% if l | select('>', 9) %}generators are true{% endif %} {{ (l | select('>', 9) | list) and 1 }}
{% set x = 5 %}{% macro m(x) %}{{ x }}{% endmacro %}{{ m(1) }}{{ x }}{{ m(x=3) }}{{ m(x) }}
{% set outer = 'o' %}{% macro m() %}{{ outer }}{% set outer = 'i' %}{{ outer }}{% endmacro %}{{ m() }}{{ outer }}
{{ 'x' if 'a' in ['a'] and not 'b' in ['a'] else 'y' }} {{ 'a' ~ ('b' if false) ~ 'c' }} {{ 1 + (2 if true else 3) }} {{ [x for x in l] }}
{{ "%s" | format("a") | upper }} {{ ["%02d" | format(5), "%.1f" | format(2)] | join("/") }}
{{ 5 | string | int + 1 }} {{ '5' * 2 | int }} {{ ('5' * 2) | int }} {{ "abc" | replace("b", "") | length }} {{ 1.0 | string }} {{ 1e22 | int if false else 1 }} {{ 3 | float / 2 }}
{{ lipsum is defined and false }}{{ self is defined and false }}
""".strip("\n").split("\n")


def snippets():
    for line in SNIPPETS:
        yield line.replace("\\n", "\n").replace("\\r", "\r").replace("\\t", "\t") if line.startswith(("a\\", " ", "\\", "{#", "{% raw", "{{ i -}}")) else line
