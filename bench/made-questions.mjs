// Questions of forms, properties and things, for benches that need more than any set of data has.
const FORMS = `What is the @ of #?|How do I change the @ of #?|Why does the @ of # matter?|Who decides the @ of #?|Where can I see the @ of #?|When was the @ of # measured?|How is the @ of # computed?|Which rule limits the @ of #?|Does the @ of # depend on the weather?|How often is the @ of # checked?|What changes the @ of # most?|Which instrument shows the @ of #?|Is the @ of # printed on the label?`
const PROPERTIES = `price|weight|colour|age|speed|length|height|density|limit|owner|name|range|origin|purpose|design|shape|texture|taste|smell|value|cost|rate|status|order|size|depth|width|volume|pressure|temperature|strength|hardness|brightness|frequency|duration|capacity|efficiency|reliability|warranty|licence|history|future|quality|quantity|balance|fee|interest|deposit|delay|location`
const THINGS = `gold|a bicycle|the moon|a savings account|an oak tree|the Danube|a violin|milk|a passport|the engine|a bridge|honey|a lighthouse|the liver|a comet|wool|a chess clock|the printing press|a mortgage|granite|a canal boat|the Andes|a sparrow|steel|a credit card|the Sahara|a windmill|copper|a kidney|the Colosseum|a submarine|rice|a telescope|the stock market|a hurricane|glass|a library book|the Amazon|a piano|salt|a train ticket|the heart|a volcano|paper|a refrigerator|the equator|a bee|cement|a tax return|the Baltic Sea|silver|a motorcycle|the sun|a pension|a pine tree|the Rhine|a cello|butter|a visa|the gearbox|a tunnel|sugar|a harbour|the lung|an asteroid|cotton|a sundial|the telegraph|a lease|marble|a ferry|the Alps|an eagle|iron|a debit card|the Gobi|a watermill|zinc|a spleen|the Parthenon|a hovercraft|wheat|a microscope|the bond market|a tornado|plastic|a newspaper|the Nile|a flute|pepper|a plane ticket|the brain|a geyser|cardboard|an oven|the tropics|an ant|plaster|an invoice|the North Sea|platinum|a scooter|Mars|an insurance policy|a birch tree|the Volga|a harp|cheese|a driving licence|the carburettor|a dam|vinegar|a pier|the stomach|a nebula|silk|an hourglass|the radio|a warranty claim|slate|a kayak|the Urals|an owl|tin|a gift card|the Kalahari|a turbine|lead|a tendon|the Pantheon|an airship|barley|a barometer|the housing market|a blizzard|rubber|a magazine|the Congo|a trumpet|mustard|a bus ticket|the spine|a glacier|felt|a dishwasher|the poles|a wasp|brick|a receipt|the Black Sea|nickel|a tram|Venus|a trust fund|a maple tree|the Seine|a guitar|yoghurt|a birth certificate|the clutch|a viaduct|olive oil|a jetty|the skin|a quasar|linen|a metronome|the telephone|a contract|sandstone|a canoe|the Rockies|a falcon|mercury|a gift voucher|the Mojave|a generator|cobalt|a ligament|the Acropolis|a helicopter|oats|a compass|the art market|a drought|ceramic|an atlas|the Mekong|an oboe|cinnamon|a parking ticket|the pelvis|a fjord|leather|a freezer|the horizon|a moth|tile|a payslip|the Caspian Sea`

/** 130,000 plain questions, all different, in an order that looks random and is the same each time. */
export function madeQuestions() {
  const made = []
  for (const thing of THINGS.split('|'))
    for (const property of PROPERTIES.split('|'))
      for (const form of FORMS.split('|')) made.push(form.replace('@', property).replace('#', thing))
  return shuffled(made)
}

function shuffled(list) {
  let seed = 1
  for (let place = list.length - 1; place > 0; place--) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
    const other = seed % (place + 1)
    ;[list[place], list[other]] = [list[other], list[place]]
  }
  return list
}
