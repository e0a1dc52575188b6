"""Forms of questions, written by hand, that WordNet's words fill: {n} noun, {m} another noun, {v} verb, {a} adjective."""

FORMS = """
What is {n}?|What is {a} {n}?|what does {n} mean|What is the meaning of {n}?|How does {n} work?|How do I {v} {n}?
How can I {v} a {n}?|How do you {v} the {m} of {n}?|How should I {v} my {n}?|What is the best way to {v} {n}?
What is the best {n} for {m}?|Which {n} is best for a beginner?|Which is better, {n} or {m}?|{n} vs {m}
What is the difference between {n} and {m}?|How is {n} different from {m}?|Is {n} the same as {m}?|Are {n} and {m} related?
Why is {n} {a}?|Why do people {v} {n}?|Why does {n} cause {m}?|Why did {n} become so {a}?|Why can't I {v} {n}?
Can {n} cause {m}?|Can I take {n} with {m}?|Can I {v} {n} without {m}?|Can you {v} a {n} twice?|Could {n} be a sign of {m}?
Does {n} {v} {m}?|Does {n} affect {m}?|Do I need {n} to {v} {m}?|Is it {a} to {v} {n}?|Is {n} {a}?|Is {n} bad for {m}?
Is it safe to {v} {n} during {m}?|Is there a cure for {n}?|Is there any {n} that can {v} {m}?|Are there {a} {n}s in {m}?
What causes {n}?|What are the symptoms of {n}?|What are the side effects of {n}?|What are the benefits of {n}?
What are some examples of {n}?|What are the types of {n}?|What are the advantages and disadvantages of {n}?
What are good books about {n}?|What happens if I {v} {n}?|What happens when {n} meets {m}?|What would happen if there were no {n}?
What is the price of {n} in {m}?|What is the history of {n}?|What is the role of {n} in {m}?|What is the use of {n}?
What should I do if my {n} is {a}?|What do you think about {n}?|What kind of {n} should I {v}?|What makes {n} so {a}?
How long does it take to {v} {n}?|How much {n} is {a}?|How many {n}s are there in {m}?|How often should I {v} {n}?
How much does {n} cost?|How far is {n} from {m}?|How old is {n}?|How do I know if {n} is {a}?|How do I get rid of {n}?
How do I learn {n}?|How can I improve my {n}?|How did {n} get its name?|How was {n} discovered?|How do I become a {n}?
Who invented {n}?|Who discovered {n} and when?|Who is the most {a} {n}?|Who uses {n} for {m}?|Who should {v} {n}?
When was {n} invented?|When should I {v} {n}?|When do {n}s {v}?|When is the best time to {v} {n}?
Where can I buy {n}?|Where can I find {a} {n}?|Where does {n} come from?|Where is {n} found?|Where should I {v} {n}?
Tell me about {n}|Explain {n} in simple terms|Explain the relation between {n} and {m}|Give me three examples of {a} {n}
Write a short text about {n} and {m}|Summarize the history of {n}|List the parts of a {n}|Describe a {a} {n}
I want to {v} {n}, what should I do?|I have {n} and {m}, should I worry?|My {n} is not {a} anymore, why?|I need to {v} a {n}
how to {v} {n}|how to {v} {n} at home|how to {v} {n} without {m}|where is {n}|define {n}|meaning of {a} {n}|{a} {n}
Should I {v} {n} or {m}?|Should {n} be {a}?|Will {n} ever {v} {m}?|Would you {v} a {a} {n}?|Has anyone {v} {n}?
What is not {a} about {n}?|Which {n} does not {v}?|Why is {n} not {a}?|Is {n} no longer {a}?|How do I {v} {n} from {m} to {m2}?
A {n} is {v}ing a {m}.|A {a} {n} near a {m}.|Two {n}s {v} in the {m}.|The {n} of the {m} was {a}.|The {a} {n} and the {m}
A man is {v}ing a {n}.|A woman with a {n} is {a}.|There is a {n} on the {m}.|The {n} did not {v} the {m}.|{n} and {m} {v} {m2}
Officials {v} {n} after {m}|{n} {v}s {m} in {a} {m2}|New {n} could {v} {m}, report says|{m} hit by {a} {n}
What is {n} in {number}?|How many {n}s were there in {number}?|Is {number} {n}s {a}?|{number} {n} to {m}|Can I {v} {number} {n}s a day?
My {n} is {number} years old and {a}, is it {m}?|I {v} {n} for {number} days, is that {a}?|What was {n} in {year}?|Who was the {n} in {year}?
""".replace("\n", "|")
FORMS = [form for form in FORMS.split("|") if form]
